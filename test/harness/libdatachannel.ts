/**
 * libdatachannel as a peer. node-datachannel 0.33.4 keeps a list of its DataChannels and Tracks by address, from which it
 * does not take one that the garbage collector frees before libdatachannel has told of its end. `cleanup()` goes through that
 * list: it closes what is freed, and the process dies or hangs at a mutex that is none. So a test holds them all until after
 * that.
 */
import nodeDataChannel, { type DataChannel, type Track } from 'node-datachannel';

const held: (DataChannel | Track)[] = [];

/** Keeps a channel or track from the garbage collector, until `cleanUp`. */
export function hold<T extends DataChannel | Track>(one: T): T {
  held.push(one);
  return one;
}

/** Closes all that libdatachannel has, and ends its threads. */
export function cleanUp(): void {
  nodeDataChannel.cleanup();
  held.length = 0;
}
