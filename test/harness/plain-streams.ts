import type { SrtpParameters } from '../../ts/server/core/index.js';
import type { MediaKind, RtpParameters } from '../../ts/shared/rtp/rtp-parameters.js';
import { type Identity, palette, quadrantsOf } from './picture.js';
import type { Program } from './program.js';
import { Pictures, Sound } from './raw-media.js';
import { waitUntil } from './wait.js';

/** What is to be sent: a picture with these colours, or a pitch. */
export type Content =
  | { codec: 'VP8' | 'H264'; colour: Identity; keyFrameEvery: number }
  | { codec: 'opus'; hz: number };

/** One RTP stream that a program is to send from 127.0.0.1. */
export type SentStream = {
  content: Content;
  payloadType: number;
  ssrc: number;
  to: PortPair;
  /** The program's own ports. */
  from: PortPair;
  /** How the program encrypts. */
  srtp?: SrtpParameters;
};

/** One RTP stream that a program is to receive on 127.0.0.1. */
export type ReceivedStream = {
  kind: MediaKind;
  rtpParameters: RtpParameters;
  port: number;
  /** How the other side encrypts. */
  srtp?: SrtpParameters;
};

export type PortPair = { port: number; rtcpPort: number };

/** A program that sends and receives RTP. */
export type RtpTool = {
  name: string;
  send(streams: SentStream[]): Program;
  /** At most one of each kind. */
  receive(streams: ReceivedStream[]): Program;
};

export const videoSize = { width: 320, height: 180 };
export const frameRate = 15;

/** The quadrants' colours as 0xRRGGBB without the prefix. */
export function quadrantsAsHex(identity: Identity): string[] {
  return quadrantsOf(identity).map((colour) => Buffer.from(palette[colour]).toString('hex'));
}

/** What a program decodes: to be asked what can be seen and heard. */
export class Player {
  readonly #program: Program;
  readonly #pictures: Pictures;
  readonly #sound: Sound;

  constructor(program: Program) {
    this.#program = program;
    this.#pictures = new Pictures(program.pictures);
    this.#sound = new Sound(program.sound);
  }

  /** Pictures decoded so far. */
  get frames(): number {
    return this.#pictures.count;
  }

  /** Resolves once so many more pictures were decoded, the last of them with these colours. */
  async waitForPictures(identity: Identity, more: number, timeout = 20_000): Promise<void> {
    const enough = this.frames + more;
    await waitUntil(
      () => this.frames >= enough && this.#pictures.shows(identity),
      timeout,
      () => `${this.frames} of ${enough} frames, ${this.#pictures.colours()}; ${this.#program.state()}`,
    );
  }

  /** Resolves once a quarter of a second has hardly anything else than this pitch. */
  async waitForTone(hz: number, timeout = 20_000): Promise<void> {
    await waitUntil(
      () => this.#sound.shareOf(hz) > 0.9,
      timeout,
      () => `${this.#sound.shareOf(hz)} of the sound is ${hz} Hz; ${this.#program.state()}`,
    );
  }
}
