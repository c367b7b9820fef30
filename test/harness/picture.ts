import { seededRandom } from './random.js';

// The known picture, as fractions of its size:
//
//   +---------------+---------------+
//   |     first     |    second     |   a white mark runs along the top edge;
//   |       *       |       *       |   * is what a reader samples
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   | frame number, lowest bit left |   16 blocks, white is 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |     third     |    fourth     |
//   |       *       |       *       |
//   +---------------+---------------+

export const palette = {
  red: [255, 0, 0],
  yellow: [255, 255, 0],
  green: [0, 255, 0],
  cyan: [0, 255, 255],
  blue: [0, 0, 255],
  magenta: [255, 0, 255],
} as const;

export type Colour = keyof typeof palette;
/** Who sent a picture: its four colours from the top left, row by row. */
export type Quadrants = [Colour, Colour, Colour, Colour];
/** A colour is short for itself and the three that follow it in the palette: two such pictures differ everywhere. */
export type Identity = Colour | Quadrants;
export type Size = { width: number; height: number };
export type PictureOptions = { colour: Identity; size?: Size; fps?: number };

const defaultSize: Size = { width: 640, height: 360 };
export const frameBits = 16;
export const frameBand = { top: 7 / 16, height: 1 / 8 };

export function quadrantsOf(identity: Identity): Quadrants {
  if (typeof identity !== 'string') return identity;
  const ring = Object.keys(palette) as Colour[];
  const first = ring.indexOf(identity);
  return [0, 1, 2, 3].map((step) => ring[(first + step) % ring.length]!) as Quadrants;
}

const tolerance = 90;

/** The palette's colour that this one must be meant for. */
export function nearestColour(rgb: number[]): Colour | undefined {
  const near = ([, corner]: [string, readonly number[]]): boolean =>
    corner.every((value, channel) => Math.abs(value - rgb[channel]!) <= tolerance);
  return Object.entries(palette).find(near)?.[0] as Colour | undefined;
}

/** A camera that shows its sender's colours, something that moves, and the number of each frame. */
export function testPicture(options: PictureOptions): MediaStreamTrack {
  return filmed(options, () => {});
}

/** `noise`: how much of the picture it is, 0 to 0.4. */
export type NoiseOptions = PictureOptions & { noise?: number };

/** The same under noise that no encoder can predict: it takes whatever bitrate the link offers. */
export function noisePicture({ noise = 0.4, ...options }: NoiseOptions): MediaStreamTrack {
  const sheets = noiseSheets(options.size ?? defaultSize, 8);
  return filmed(options, (brush, frame) => {
    brush.globalAlpha = noise;
    brush.drawImage(sheets[frame % sheets.length]!, 0, 0);
    brush.globalAlpha = 1;
  });
}

type Brush = CanvasRenderingContext2D;

function filmed(options: PictureOptions, cover: (brush: Brush, frame: number) => void): MediaStreamTrack {
  const { colour, size = defaultSize, fps = 15 } = options;
  const canvas = Object.assign(document.createElement('canvas'), size);
  const brush = canvas.getContext('2d')!;
  const quadrants = quadrantsOf(colour);
  let frame = 0;
  const paint = (): void => {
    paintQuadrants(brush, quadrants);
    cover(brush, frame);
    paintMark(brush, frame);
    paintFrameNumber(brush, frame);
    frame++;
  };
  paint();
  const track = canvas.captureStream(fps).getVideoTracks()[0]!;
  const timer = setInterval(() => (track.readyState === 'live' ? paint() : clearInterval(timer)), 1000 / fps);
  return track;
}

function paintQuadrants(brush: Brush, quadrants: Quadrants): void {
  const { width, height } = brush.canvas;
  quadrants.forEach((colour, index) => {
    brush.fillStyle = `rgb(${palette[colour].join(' ')})`;
    brush.fillRect(((index % 2) * width) / 2, (index >> 1) * (height / 2), width / 2, height / 2);
  });
}

function paintMark(brush: Brush, frame: number): void {
  const { width, height } = brush.canvas;
  brush.fillStyle = 'white';
  brush.fillRect(((frame % 32) * width) / 32, height / 32, width / 16, height / 16);
}

function paintFrameNumber(brush: Brush, frame: number): void {
  const { width, height } = brush.canvas;
  for (let bit = 0; bit < frameBits; bit++) {
    brush.fillStyle = (frame >> bit) & 1 ? 'white' : 'black';
    brush.fillRect(
      (bit * width) / frameBits,
      height * frameBand.top,
      width / frameBits,
      height * frameBand.height,
    );
  }
}

function noiseSheets(size: Size, count: number): HTMLCanvasElement[] {
  const random = seededRandom(1);
  return Array.from({ length: count }, () => {
    const sheet = Object.assign(document.createElement('canvas'), size);
    const pixels = new ImageData(size.width, size.height);
    new Uint32Array(pixels.data.buffer).forEach((_, index, words) => {
      words[index] = (random() * 0x1000000) | 0xff000000;
    });
    sheet.getContext('2d')!.putImageData(pixels, 0, 0);
    return sheet;
  });
}
