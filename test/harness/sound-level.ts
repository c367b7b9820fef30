import { play } from './player.js';
import { inboundAudio } from './stats.js';
import { decibels } from './tone-reader.js';
import { waitUntil } from './wait.js';

// Sound by statistics alone: no AudioContext, so that it works where there is no audio device.

const window = 200;
const audible = -50;
const silent = -60;

/** Milliseconds until a fifth of a second of sound was received; its level is dB below full scale. */
export async function waitForSound(
  connection: RTCPeerConnection,
  track: MediaStreamTrack,
  timeout = 5000,
): Promise<number> {
  const meter = new Meter(connection, track);
  return waitUntil(
    async () => (await meter.level()) > audible,
    timeout,
    () => meter.last,
  );
}

/** Resolves once a fifth of a second was silent, or brought no samples at all. */
export async function waitForNoSound(
  connection: RTCPeerConnection,
  track: MediaStreamTrack,
  timeout = 5000,
): Promise<void> {
  const meter = new Meter(connection, track);
  await waitUntil(
    async () => (await meter.level()) < silent,
    timeout,
    () => meter.last,
  );
}

/** The received level of one window after another. */
class Meter {
  last = 'nothing measured';

  constructor(
    readonly connection: RTCPeerConnection,
    readonly track: MediaStreamTrack,
  ) {
    play(track);
  }

  async level(): Promise<number> {
    const before = await inboundAudio(this.connection, this.track);
    await new Promise((resolve) => setTimeout(resolve, window));
    const after = await inboundAudio(this.connection, this.track);
    const duration = (after?.totalSamplesDuration ?? 0) - (before?.totalSamplesDuration ?? 0);
    const energy = (after?.totalAudioEnergy ?? 0) - (before?.totalAudioEnergy ?? 0);
    const level = duration > 0 ? decibels(energy / duration) : -120;
    this.last = `heard ${level} dB`;
    return level;
  }
}
