const players = new WeakMap<MediaStreamTrack, HTMLAudioElement>();

/**
 * Plays a track, once. Browsers decode only what somebody plays, and Chromium scales `totalAudioEnergy` by the
 * element's volume: the element is not muted, the browser is.
 */
export function play(track: MediaStreamTrack): void {
  if (players.has(track)) return;
  players.set(track, Object.assign(new Audio(), { autoplay: true, srcObject: new MediaStream([track]) }));
}
