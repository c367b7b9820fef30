// A process with the clients of a soak run: libdatachannel peers that send and receive RTP. It is a process of its
// own so that the memory measured is the server's. It takes { id, method, args } and answers { id, value } or
// { id, error }; it ends with its parent.
import nodeDataChannel from 'node-datachannel';
import { seededRandom } from './random.mjs';
import {
  isRtcp,
  nack,
  newStream,
  nextPackets,
  pictureLoss,
  readRequests,
  receiverReport,
  senderReport,
} from './rtp.mjs';

const AUDIO = 111;
const VIDEO = 96;
const TRANSPORT_CC = 'a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
const EXTENSION_ID = 3;
const LOSS = 0.01;
const TICK = 20;
/** Milliseconds. A description needs some work and no network: this is for a machine that has much else to do. */
const PATIENCE = 10_000;

const random = seededRandom(Number(process.argv[2] ?? 1));
const chance = (share) => random() < share;
const clients = new Map();
const counts = { sent: 0, received: 0 };
/**
 * Peer connections and tracks of whose end libdatachannel has not told yet. Its threads use them until then, so the
 * garbage collector must not have them, whoever else lets go of them (see test/harness/libdatachannel.ts).
 */
const held = new Set();

function open(name) {
  const pc = new nodeDataChannel.PeerConnection(name, { iceServers: [], bindAddress: '127.0.0.1' });
  const client = {
    pc,
    tracks: new Map(),
    streams: new Map(),
    heard: new Map(),
    transportSequence: 0,
    isClosed: false,
    told() {},
    closed() {},
  };
  held.add(pc);
  pc.onStateChange((state) => state === 'closed' && ended(client));
  pc.onLocalDescription((sdp) => client.told(sdp));
  pc.onTrack((track) => receiveFrom(client, track));
  clients.set(name, client);
  return client;
}

/** It was closed here, or closed itself: that is what libdatachannel does when nobody answers its checks of consent. */
function ended(client) {
  held.delete(client.pc);
  client.isClosed = true;
  client.closed();
}

const find = (name) => {
  const client = clients.get(name);
  if (!client) throw new Error(`there is no client ${name}`);
  return client;
};

/** The client's next local description. */
function described(client) {
  const description = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no description within ${PATIENCE} ms`)), PATIENCE);
    client.told = (sdp) => {
      clearTimeout(timer);
      resolve(sdp);
    };
    client.closed = () => {
      clearTimeout(timer);
      reject(new Error('the client closed'));
    };
  });
  // What fails before it is awaited is told by what failed.
  description.catch(() => {});
  return description;
}

/** A sender of one audio track, and of one video track in as many encodings as there are SSRCs. */
async function publish(name, { audio, video }) {
  const client = open(name);
  const offer = described(client);
  addTrack(client, 'audio', [audio], new nodeDataChannel.Audio('audio', 'SendOnly'));
  addTrack(client, 'video', video, new nodeDataChannel.Video('video', 'SendOnly'));
  client.pc.setLocalDescription();
  return offer;
}

function addTrack(client, kind, ssrcs, media) {
  const payloadType = kind === 'audio' ? AUDIO : VIDEO;
  if (kind === 'audio') media.addOpusCodec(payloadType);
  else media.addVP8Codec(payloadType);
  for (const ssrc of ssrcs) {
    media.addSSRC(ssrc, 'soak');
    const sequence = Math.floor(random() * 0x10000);
    client.streams.set(ssrc, newStream({ kind, ssrc, payloadType, extensionId: EXTENSION_ID, sequence }));
  }
  media.parseSdpLine(TRANSPORT_CC);
  const track = client.pc.addTrack(media);
  holdUntilClosed(track);
  track.onMessage((bytes) => isRtcp(bytes) && obey(client, track, bytes));
  client.tracks.set(kind, track);
}

function holdUntilClosed(track, then = () => {}) {
  held.add(track);
  track.onClosed(() => {
    held.delete(track);
    then();
  });
}

function say(track, bytes) {
  try {
    track.sendMessageBinary(bytes);
  } catch {
    // It has closed, which its other thread knows first.
  }
}

function obey(client, track, compound) {
  const { keyFrames, lost } = readRequests(compound);
  for (const ssrc of keyFrames) {
    const stream = client.streams.get(ssrc);
    if (stream) stream.keyFrameWanted = true;
  }
  for (const { ssrc, sequence } of lost) {
    const bytes = client.streams.get(ssrc)?.sent.get(sequence);
    if (bytes && chance(0.8)) say(track, bytes);
  }
}

function accept(name, answer) {
  find(name).pc.setRemoteDescription(answer, 'answer');
}

/** A receiver; asked again, it takes the next offer. */
async function subscribe(name, offer) {
  const client = clients.get(name) ?? open(name);
  // One that has closed would take the offer and never say a word.
  if (client.isClosed) throw new Error('the client closed');
  const answer = described(client);
  client.pc.setRemoteDescription(offer, 'offer');
  return answer;
}

function receiveFrom(client, track) {
  const heard = { ssrc: 0, highest: 0, isVideo: track.type() === 'video' };
  client.heard.set(track, heard);
  holdUntilClosed(track, () => client.heard.delete(track));
  track.onMessage((bytes) => {
    if (bytes.length < 12 || isRtcp(bytes)) return;
    counts.received++;
    heard.ssrc = bytes.readUInt32BE(8);
    heard.highest = bytes.readUInt16BE(2);
  });
}

function close(name) {
  const client = clients.get(name);
  clients.delete(name);
  client?.closed();
  client?.pc.close();
}

function closeAll() {
  clearInterval(timer);
  for (const name of [...clients.keys()]) close(name);
}

let ticks = 0;

function tick() {
  ticks++;
  for (const client of clients.values()) {
    for (const stream of client.streams.values()) send(client, stream);
    if (ticks % 50 === 0) for (const [track, heard] of client.heard) report(track, heard);
  }
}

function send(client, stream) {
  const track = client.tracks.get(stream.kind);
  if (!track.isOpen() || (stream.kind === 'video' && ticks % 2 === 1)) return;
  const nextTransportSequence = () => (client.transportSequence = (client.transportSequence + 1) & 0xffff);
  for (const bytes of nextPackets(stream, { random, loss: LOSS, nextTransportSequence })) {
    say(track, bytes);
    counts.sent++;
  }
  if (ticks % 50 === 0) say(track, senderReport(stream));
}

function report(track, heard) {
  if (heard.ssrc === 0 || !track.isOpen()) return;
  say(track, receiverReport(heard));
  if (heard.isVideo && chance(0.3)) say(track, nack(heard));
  if (heard.isVideo && chance(0.1)) say(track, pictureLoss(heard));
}

const methods = { publish, accept, subscribe, close, closeAll, counts: () => counts };

process.on('message', async ({ id, method, args }) => {
  try {
    process.send({ id, value: await methods[method](...args) });
  } catch (error) {
    process.send({ id, error: error.message });
  }
});
process.on('disconnect', () => process.exit());

const timer = setInterval(tick, TICK);
