import { play } from './player.js';
import { audioContext } from './tone.js';
import { waitUntil } from './wait.js';

/** What a receiver hears now: the strongest frequency, and the level of all in dB below full scale (-120 is nothing). */
export type Tone = { hz: number; level: number };

const audible = -50;
const silent = -60;
const nearEnough = 15;

/** Listens for one window (about 0.2 s). */
export async function readTone(track: MediaStreamTrack): Promise<Tone> {
  const ear = await earOf(track);
  await ear.fill();
  return ear.hear();
}

/** Milliseconds until this pitch is the strongest. */
export async function waitForTone(track: MediaStreamTrack, hz: number, timeout = 5000): Promise<number> {
  const ear = await earOf(track);
  let heard: Tone | undefined;
  const found = (): boolean => {
    heard = ear.hear();
    return heard.level > audible && Math.abs(heard.hz - hz) <= nearEnough;
  };
  return waitUntil(found, timeout, () => `wanted ${hz} Hz, heard ${JSON.stringify(heard)}`);
}

/** Resolves once nothing was heard for `quiet` milliseconds. */
export async function waitForSilence(track: MediaStreamTrack, timeout = 5000, quiet = 300): Promise<void> {
  const ear = await earOf(track);
  await ear.fill();
  let since = performance.now();
  let heard: Tone | undefined;
  const still = (): boolean => {
    heard = ear.hear();
    if (heard.level > silent) since = performance.now();
    return performance.now() - since >= quiet;
  };
  await waitUntil(still, timeout + quiet, () => `heard ${JSON.stringify(heard)}`);
}

const ears = new WeakMap<MediaStreamTrack, Ear>();

async function earOf(track: MediaStreamTrack): Promise<Ear> {
  const context = await audioContext();
  const known = ears.get(track) ?? new Ear(context, track);
  ears.set(track, known);
  return known;
}

class Ear {
  readonly #analyser: AnalyserNode;
  readonly #since: number;

  constructor(context: AudioContext, track: MediaStreamTrack) {
    play(track);
    this.#analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
    context.createMediaStreamSource(new MediaStream([track])).connect(this.#analyser);
    this.#since = context.currentTime;
  }

  /** Waits until one window of samples has passed. */
  async fill(): Promise<void> {
    const { context, fftSize } = this.#analyser;
    const full = this.#since + fftSize / context.sampleRate;
    await waitUntil(
      () => context.currentTime > full,
      3000,
      () => 'the AudioContext stands still',
    );
  }

  hear(): Tone {
    const bins = new Float32Array(this.#analyser.frequencyBinCount);
    this.#analyser.getFloatFrequencyData(bins);
    const peak = bins.reduce((best, value, index) => (value > bins[best]! ? index : best), 0);
    return {
      hz: Math.round((peak * this.#analyser.context.sampleRate) / this.#analyser.fftSize),
      level: this.#level(),
    };
  }

  #level(): number {
    const samples = new Float32Array(this.#analyser.fftSize);
    this.#analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
    return decibels(power);
  }
}

export function decibels(power: number): number {
  return power > 1e-12 ? Math.round(10 * Math.log10(power)) : -120;
}
