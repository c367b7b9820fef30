import { type Colour, frameBand, frameBits, type Identity, nearestColour, quadrantsOf } from './picture.js';
import { waitUntil } from './wait.js';

/** What a receiver sees now. */
export type Picture = View & {
  /** Whether the frame number has grown since `readPicture` was last asked for the same source. */
  advancing: boolean;
};

/** What one frame shows. */
type View = {
  width: number;
  height: number;
  /** The four quadrants' colours; undefined where none of the palette is near. */
  colours: (Colour | undefined)[];
  /** The frame number, 0 to 65535; undefined when its blocks are not clearly black or white. */
  frame: number | undefined;
};

export type PictureSource = MediaStreamTrack | HTMLVideoElement;

/** Reads the newest frame; waits for the first one. */
export async function readPicture(source: PictureSource, timeout = 5000): Promise<Picture> {
  const viewer = viewerOf(source);
  await waitUntil(
    () => viewer.hasFrame,
    timeout,
    () => 'no frame',
  );
  return viewer.readAdvancing();
}

/** Milliseconds until a frame that came after the call shows this sender. */
export function waitForPicture(source: PictureSource, identity: Identity, timeout = 5000): Promise<number> {
  const viewer = viewerOf(source);
  let seen = viewer.frames;
  let last: View | undefined;
  const shown = (): boolean => {
    if (viewer.frames === seen || !viewer.hasFrame) return false;
    seen = viewer.frames;
    last = viewer.read();
    return isOf(last, identity);
  };
  return waitUntil(
    shown,
    timeout,
    () => `wanted ${quadrantsOf(identity).join()}, saw ${last ? JSON.stringify(last) : 'no new frame'}`,
  );
}

/** Resolves once no new frame has come for `quiet` milliseconds. */
export async function waitForStill(source: PictureSource, quiet: number, timeout = 5000): Promise<void> {
  const viewer = viewerOf(source);
  let since = performance.now();
  let frames = viewer.decoded;
  const still = (): boolean => {
    if (viewer.decoded !== frames) [frames, since] = [viewer.decoded, performance.now()];
    return performance.now() - since >= quiet;
  };
  await waitUntil(still, timeout + quiet, () => `still moving, ${frames} frames so far`);
}

const viewers = new WeakMap<PictureSource, Viewer>();

/** The one viewer of a source. */
export function viewerOf(source: PictureSource): Viewer {
  const known = viewers.get(source) ?? new Viewer(source);
  viewers.set(source, known);
  return known;
}

// Large enough for the frame number's blocks, small enough to be read often.
const sample = { width: 160, height: 96 };

/** A video element that plays one source, and the canvas on which its frames are looked at. */
class Viewer {
  frames = 0;
  readonly #video: HTMLVideoElement;
  readonly #brush = Object.assign(document.createElement('canvas'), sample).getContext('2d', {
    willReadFrequently: true,
  })!;
  #lastFrame: number | undefined;

  constructor(source: PictureSource) {
    this.#video = source instanceof HTMLVideoElement ? source : playing(source);
    const count = (): void => {
      this.frames++;
      this.#video.requestVideoFrameCallback(count);
    };
    this.#video.requestVideoFrameCallback(count);
  }

  /** Of the newest frame; 0 without one. */
  get width(): number {
    return this.#video.videoWidth;
  }

  get hasFrame(): boolean {
    return this.#video.videoWidth > 0 && this.#video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
  }

  /** Frames that reached the element, composited or not. */
  get decoded(): number {
    return this.#video.getVideoPlaybackQuality().totalVideoFrames + this.frames;
  }

  /** Whether the newest frame is this sender's. */
  shows(identity: Identity): boolean {
    return this.hasFrame && isOf(this.read(), identity);
  }

  readAdvancing(): Picture {
    const view = this.read();
    const advancing = hasGrown(this.#lastFrame, view.frame);
    this.#lastFrame = view.frame;
    return { ...view, advancing };
  }

  read(): View {
    this.#brush.drawImage(this.#video, 0, 0, sample.width, sample.height);
    return {
      width: this.#video.videoWidth,
      height: this.#video.videoHeight,
      colours: [0, 1, 2, 3].map((index) =>
        nearestColour(this.#mean(1 / 4 + (index % 2) / 2, 1 / 4 + (index >> 1) / 2, 20, 12)),
      ),
      frame: this.#frameNumber(),
    };
  }

  #frameNumber(): number | undefined {
    let number = 0;
    for (let bit = 0; bit < frameBits; bit++) {
      const mean = this.#mean((bit + 0.5) / frameBits, frameBand.top + frameBand.height / 2, 4, 4);
      const light = (mean[0]! + mean[1]! + mean[2]!) / 3;
      if (light > 96 && light < 160) return undefined;
      if (light >= 160) number |= 1 << bit;
    }
    return number;
  }

  /** The mean colour of a patch around a point that is given as fractions of the picture. */
  #mean(x: number, y: number, width: number, height: number): number[] {
    const left = Math.round(x * sample.width - width / 2);
    const top = Math.round(y * sample.height - height / 2);
    const { data } = this.#brush.getImageData(left, top, width, height);
    const sums = [0, 0, 0];
    for (let byte = 0; byte < data.length; byte++) {
      if (byte % 4 < 3) sums[byte % 4]! += data[byte]!;
    }
    return sums.map((sum) => sum / (width * height));
  }
}

function isOf({ colours }: View, identity: Identity): boolean {
  return quadrantsOf(identity).every((colour, index) => colours[index] === colour);
}

function playing(track: MediaStreamTrack): HTMLVideoElement {
  const video = Object.assign(document.createElement('video'), {
    muted: true,
    autoplay: true,
    playsInline: true,
  });
  // In the viewport and not transparent: browsers present no frames of a video that nobody can see.
  video.style.cssText = 'position:fixed;left:0;top:0;width:16px;height:9px';
  video.srcObject = new MediaStream([track]);
  document.body.append(video);
  return video;
}

function hasGrown(before: number | undefined, now: number | undefined): boolean {
  if (before === undefined || now === undefined) return false;
  const step = (now - before) & 0xffff;
  return step > 0 && step < 0x8000;
}
