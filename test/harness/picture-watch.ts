import type { Identity } from './picture.js';
import { viewerOf } from './picture-reader.js';
import { type InboundVideo, inboundVideo } from './stats.js';

/** What came of a received track between two moments. */
export type Lap = {
  seconds: number;
  framesDecoded: number;
  freezes: number;
  /** Seconds in all, as the browser counts its freezes. */
  frozen: number;
  /** Seconds: the longest time without a new picture, the one that goes on included. */
  longestGap: number;
  /** How often the picture was looked at. */
  looks: number;
  /** How often it was not the sender's then: black, or broken. */
  wrong: number;
};

export type PictureWatch = {
  /** What came since the last call, or since the beginning. */
  lap(): Promise<Lap>;
  /** Of what is shown now; 0 before the first picture. */
  width(): number;
};

/** Milliseconds. */
const TICK = 50;
const TICKS_PER_LOOK = 5;

/** Watches what a connection receives of a track, for as long as the page is there. */
export function watchPicture(
  connection: RTCPeerConnection,
  track: MediaStreamTrack,
  identity: Identity,
): PictureWatch {
  const viewer = viewerOf(track);
  let ticks = 0;
  let frames = viewer.frames;
  let lastFrame = performance.now();
  let seen = { longestGap: 0, looks: 0, wrong: 0 };
  let began: { at: number; stats: InboundVideo | undefined } = { at: performance.now(), stats: undefined };

  const look = (): void => {
    seen.looks++;
    if (!viewer.shows(identity)) seen.wrong++;
  };
  const tick = (): void => {
    const now = performance.now();
    seen.longestGap = Math.max(seen.longestGap, now - lastFrame);
    if (viewer.frames !== frames) [frames, lastFrame] = [viewer.frames, now];
    if (ticks++ % TICKS_PER_LOOK === 0) look();
  };
  setInterval(tick, TICK);

  return {
    async lap() {
      const [stats, before] = [await inboundVideo(connection, track), began];
      began = { at: performance.now(), stats };
      const { longestGap, ...looked } = seen;
      seen = { longestGap: 0, looks: 0, wrong: 0 };
      const seconds = (began.at - before.at) / 1000;
      return { seconds, longestGap: longestGap / 1000, ...looked, ...received(before.stats, stats) };
    },
    width: () => viewer.width,
  };
}

function received(before: InboundVideo | undefined, after: InboundVideo | undefined) {
  const grown = (count: (stats: InboundVideo) => number | undefined): number =>
    ((after && count(after)) ?? 0) - ((before && count(before)) ?? 0);
  return {
    framesDecoded: grown(({ framesDecoded }) => framesDecoded),
    freezes: grown(({ freezeCount }) => freezeCount),
    frozen: grown(({ totalFreezesDuration }) => totalFreezesDuration),
  };
}
