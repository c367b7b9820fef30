import { LimitError } from '../shared/signalling/errors.js';

/** Chromium has 1024 streams. */
const MAX_CHANNELS = 1024;

/** Ids of the data channels on which a transport sends. */
export class ChannelIds {
  readonly #taken = new Set<number>();

  /**
   * The lowest that is free.
   *
   * @throws LimitError
   */
  take(): number {
    for (let id = 0; id < MAX_CHANNELS; id += 1) {
      if (this.#taken.has(id)) continue;
      this.#taken.add(id);
      return id;
    }
    throw new LimitError(`a transport may have ${MAX_CHANNELS} data channels`);
  }

  free(id: number): void {
    this.#taken.delete(id);
  }
}

/** Both sides know of it by signalling (RFC 8831, 6.1). How it sends is the sender's business alone. */
export function openChannel(connection: RTCPeerConnection, id: number, reliable: boolean): RTCDataChannel {
  const delivery = reliable ? { ordered: true } : { ordered: false, maxRetransmits: 0 };
  const channel = connection.createDataChannel('', { negotiated: true, id, ...delivery });
  channel.binaryType = 'arraybuffer';
  return channel;
}

/** Resolves when that is known: it opens, or it is closed before. */
export function isOpen(channel: RTCDataChannel): Promise<boolean> {
  if (channel.readyState !== 'connecting') return Promise.resolve(channel.readyState === 'open');
  return new Promise((resolve) => {
    channel.addEventListener('open', () => resolve(true), { once: true });
    channel.addEventListener('close', () => resolve(false), { once: true });
  });
}

export function closed(channel: RTCDataChannel): Promise<void> {
  return new Promise((resolve) => {
    if (channel.readyState === 'closed') resolve();
    channel.addEventListener('close', () => resolve(), { once: true });
  });
}
