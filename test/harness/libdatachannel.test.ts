import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import nodeDataChannel from 'node-datachannel';
import { cleanUp, hold } from './libdatachannel.js';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** What is found in one turn of the event loop is freed in a later one. */
async function collect() {
  for (let round = 0; round < 5; round++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function channelOfClosedPeer() {
  const peer = new nodeDataChannel.PeerConnection('peer', { iceServers: [], bindAddress: '127.0.0.1' });
  const channel = new WeakRef(hold(peer.createDataChannel('channel')));
  peer.close();
  return channel;
}

test('a channel that a test has forgotten is there until all is cleaned up', async () => {
  const channels = Array.from({ length: 20 }, channelOfClosedPeer);
  const count = () => channels.filter((channel) => channel.deref()).length;

  await collect();
  expect(count()).toBe(20);
  cleanUp();
  await collect();

  expect(count()).toBe(0);
});
