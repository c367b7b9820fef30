/**
 * The known media, for pages: what is sent can be told apart at the receiver, and what is received can be measured.
 * Served as the global `media` by `serveMedia()`.
 */

export type { Loopback } from './loopback.js';
export { loopback } from './loopback.js';
export type { Colour, Identity, PictureOptions, Quadrants } from './picture.js';
export { noisePicture, testPicture } from './picture.js';
export type { Picture, PictureSource } from './picture-reader.js';
export { readPicture, waitForPicture, waitForStill } from './picture-reader.js';
export type { Lap, PictureWatch } from './picture-watch.js';
export { watchPicture } from './picture-watch.js';
export { waitForNoSound, waitForSound } from './sound-level.js';
export type { InboundAudio, InboundVideo, OutboundVideo, SelectedPair } from './stats.js';
export { inboundAudio, inboundVideo, outboundVideo, selectedPair } from './stats.js';
export { microphone, tone } from './tone.js';
export type { Tone } from './tone-reader.js';
export { readTone, waitForSilence, waitForTone } from './tone-reader.js';

declare global {
  /** In pages of `serveMedia()`: usable in functions given to `Tab.evaluate`. */
  var media: typeof import('./media-page.js');
}
