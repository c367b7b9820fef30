import { waitUntil } from './wait.js';

/** A microphone that hears one pitch. Not for a Firefox without an audio device: there, use `microphone()`. */
export async function tone({ hz, gain = 0.5 }: { hz: number; gain?: number }): Promise<MediaStreamTrack> {
  const context = await audioContext();
  const out = context.createMediaStreamDestination();
  const oscillator = new OscillatorNode(context, { frequency: hz });
  oscillator.connect(new GainNode(context, { gain })).connect(out);
  oscillator.start();
  return out.stream.getAudioTracks()[0]!;
}

/** The browser's fake microphone, unprocessed: a file or beeps in Chromium, one pitch in Firefox. */
export async function microphone(): Promise<MediaStreamTrack> {
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  return (await navigator.mediaDevices.getUserMedia({ audio })).getAudioTracks()[0]!;
}

let shared: AudioContext | undefined;

/** The page's one AudioContext, running. */
export async function audioContext(): Promise<AudioContext> {
  shared ??= new AudioContext();
  const context = shared;
  // Without an audio device Firefox never settles resume().
  void context.resume();
  await waitUntil(
    () => context.state === 'running',
    3000,
    () => `the AudioContext is ${context.state}`,
  );
  return context;
}
