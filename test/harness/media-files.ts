import { writeFile } from 'node:fs/promises';

/** Writes a .y4m file of one grey, 0 (black) to 255 (white): a fake camera. */
export async function writeGreyVideo(path: string, grey: number, width = 320, height = 180): Promise<void> {
  const planes = Buffer.alloc((width * height * 3) / 2, 128).fill(grey, 0, width * height);
  const frame = Buffer.concat([Buffer.from('FRAME\n'), planes]);
  const header = Buffer.from(`YUV4MPEG2 W${width} H${height} F15:1 Ip A1:1 C420jpeg\n`);
  await writeFile(path, Buffer.concat([header, ...Array<Buffer>(15).fill(frame)]));
}

/** Writes a .wav file of one second of one pitch, 16 bits at 48 kHz: a fake microphone. */
export async function writeTone(path: string, hz: number): Promise<void> {
  const rate = 48_000;
  const samples = Int16Array.from(
    { length: rate },
    (_, index) => 16_000 * Math.sin((2 * Math.PI * hz * index) / rate),
  );
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.byteLength, 40);
  await writeFile(path, Buffer.concat([header, Buffer.from(samples.buffer)]));
}
