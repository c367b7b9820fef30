import type { Readable } from 'node:stream';
import { type Colour, type Identity, nearestColour, quadrantsOf } from './picture.js';

/** How decoders hand out pictures: RGB, three bytes a pixel, row by row. */
export const rawPicture = { width: 8, height: 8 };
/** How decoders hand out sound: one channel of signed 16-bit samples, little-endian. */
export const rawSound = { rate: 8000 };

const frameBytes = rawPicture.width * rawPicture.height * 3;
const window = rawSound.rate / 4;

/** Decoded pictures as they come. */
export class Pictures {
  /** Whole frames so far. */
  count = 0;
  #rest: Buffer = Buffer.alloc(0);
  #last?: Buffer;

  constructor(stream: Readable) {
    stream.on('data', (bytes: Buffer) => this.#take(bytes));
  }

  /** The newest frame's quadrants; undefined where none of the palette is near. */
  colours(): (Colour | undefined)[] {
    const frame = this.#last;
    return frame ? [0, 1, 2, 3].map((quadrant) => nearestColour(meanOf(frame, quadrant))) : [];
  }

  shows(identity: Identity): boolean {
    return quadrantsOf(identity).join() === this.colours().join();
  }

  #take(bytes: Buffer): void {
    const all = Buffer.concat([this.#rest, bytes]);
    const whole = Math.floor(all.length / frameBytes);
    if (whole > 0) this.#last = all.subarray((whole - 1) * frameBytes, whole * frameBytes);
    this.#rest = all.subarray(whole * frameBytes);
    this.count += whole;
  }
}

/** The mean colour of the 2x2 pixels in a quadrant's middle. */
function meanOf(frame: Buffer, quadrant: number): number[] {
  const { width, height } = rawPicture;
  const left = width / 4 - 1 + (quadrant % 2) * (width / 2);
  const top = height / 4 - 1 + (quadrant >> 1) * (height / 2);
  const pixels = [top, top + 1].flatMap((y) => [left, left + 1].map((x) => (y * width + x) * 3));
  return [0, 1, 2].map((channel) => pixels.reduce((sum, at) => sum + frame[at + channel]!, 0) / 4);
}

/** Decoded sound as it comes. */
export class Sound {
  #newest: Buffer = Buffer.alloc(0);
  #bytes = 0;

  constructor(stream: Readable) {
    stream.on('data', (bytes: Buffer) => this.#take(bytes));
  }

  /** Which part of the newest quarter second's power this pitch has: 0 to 1, and 0 in silence. */
  shareOf(hz: number): number {
    return shareOf(this.#samples(), hz);
  }

  #samples(): number[] {
    return Array.from({ length: this.#newest.length >> 1 }, (_, index) =>
      this.#newest.readInt16LE(index * 2),
    );
  }

  #take(bytes: Buffer): void {
    this.#bytes += bytes.length;
    const all = Buffer.concat([this.#newest, bytes]);
    // From a whole sample on.
    this.#newest = all.subarray(Math.max(0, all.length - window * 2 - (this.#bytes % 2)));
  }
}

const audible = 100;

function shareOf(samples: number[], hz: number): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0);
  if (samples.length < window || power < samples.length * audible ** 2) return 0;
  const turn = (2 * Math.PI * hz) / rawSound.rate;
  const along = (wave: (angle: number) => number): number =>
    samples.reduce((sum, sample, index) => sum + sample * wave(index * turn), 0);
  return (2 * (along(Math.cos) ** 2 + along(Math.sin) ** 2)) / samples.length / power;
}
