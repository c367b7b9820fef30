/**
 * A participant in a browser, for tests: it joins a Room, publishes known media, and receives all that others send.
 * Global `participant` in the pages of `startConference()`.
 */
import type {
  Consumer,
  EffectiveProfile,
  Peer,
  Producer,
  ProducerOptions,
  RecvTransport,
  RoomOptions,
  SendTransport,
} from '../../ts/client/index.js';
import { Room } from '../../ts/client/index.js';
import type { Identity } from './picture.js';
import { waitForPicture } from './picture-reader.js';
import { type Lap, type PictureWatch, watchPicture } from './picture-watch.js';
import { inboundVideo } from './stats.js';
import { waitUntil } from './wait.js';

type Kind = 'audio' | 'video';

let room: Room;
let sending: SendTransport;
let receiving: RecvTransport;
const producers = new Map<Kind, Producer>();

/** What the library told, in order: 'bob video pause remote {"why":"test"}'. */
export const events: string[] = [];
export const failures: string[] = [];

function note(...parts: unknown[]): void {
  events.push(
    parts.map((part) => (typeof part === 'object' ? JSON.stringify(part) : String(part))).join(' '),
  );
}

/** Bends what signalling says of the worker's port to another, such as a relay's, for connections to come. */
export function detour(from: number, to: number): void {
  const set = RTCPeerConnection.prototype.setRemoteDescription as (
    sdp: RTCSessionDescriptionInit,
  ) => Promise<void>;
  RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp = '' }) {
    return set.call(this, { type: type!, sdp: sdp.replaceAll(` ${from} typ host`, ` ${to} typ host`) });
  };
}

/** Names of those who are there. */
export async function join(
  url: string,
  name: string,
  appData?: unknown,
  options?: RoomOptions,
): Promise<string[]> {
  room = new Room(url, options);
  room.on('close', (...how) => note('room close', ...how));
  room.on('newpeer', (peer) => {
    note('newpeer', peer.name, peer.appData);
    watchPeer(peer);
  });
  room.on('message', (data, { from, to, reliable }) => {
    const text = typeof data === 'string' ? data : `${data.length} bytes, sum ${sum(data)}`;
    note('message', from?.name, to, reliable, text);
  });
  const peers = await room.join(name, appData as never);
  receiving = room.createTransport('recv');
  if (!options?.spy) sending = room.createTransport('send');
  for (const peer of peers) watchPeer(peer);
  return peers.map((peer) => peer.name);
}

export function sum(bytes: Uint8Array): number {
  return bytes.reduce((total, byte) => (total * 31 + byte) % 1_000_003, 7);
}

/** Bytes that look random, and are the same each time. */
export function bytes(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (state * 48_271) % 0x7fffffff;
    return state & 0xff;
  });
}

function watchPeer(peer: Peer): void {
  peer.on('close', (...how) => note(peer.name, 'close', ...how));
  peer.on('newconsumer', watchConsumer);
  for (const consumer of peer.consumers) watchConsumer(consumer);
}

function watchConsumer(consumer: Consumer<Peer>): void {
  for (const event of ['close', 'pause', 'resume', 'unhandled', 'effectiveprofilechange'] as const)
    consumer.on(event, (...how: unknown[]) => note(consumer.peer.name, consumer.kind, event, ...how));
  consumer.receive(receiving).catch((error) => failures.push(String(error)));
}

export async function publish(
  tracks: MediaStreamTrack[],
  appData?: unknown,
  options: ProducerOptions = {},
): Promise<void> {
  await Promise.all(
    tracks.map(async (track) => {
      const producer = room.createProducer(track, { ...options, appData: appData as never });
      producers.set(producer.kind, producer);
      for (const event of ['close', 'pause', 'resume', 'trackended', 'unhandled'] as const)
        producer.on(event, (...how: unknown[]) => note('own', producer.kind, event, ...how));
      await producer.send(sending);
    }),
  );
}

/** The consumer of that peer's track, once it is received. */
export async function consumer(peer: string, kind: Kind): Promise<Consumer<Peer>> {
  const find = () =>
    room.getPeerByName(peer)?.consumers.find((candidate) => candidate.kind === kind && candidate.track);
  await waitUntil(
    () => find() !== undefined,
    10_000,
    () => `${room.peers.map(({ name }) => name)}; ${failures}`,
  );
  return find() as Consumer<Peer>;
}

export async function track(peer: string, kind: Kind): Promise<MediaStreamTrack> {
  return (await consumer(peer, kind)).track!;
}

let watched: { consumer: Consumer<Peer>; watch: PictureWatch };

/** Watches what that peer shows, from now on; see `lap` and `settle`. */
export async function watch(peer: string, identity: Identity): Promise<void> {
  const shown = await consumer(peer, 'video');
  await waitForPicture(shown.track!, identity, 10_000);
  watched = { consumer: shown, watch: watchPicture(receivingConnection(), shown.track!, identity) };
}

/** What came of it since the last call. */
export function lap(): Promise<Lap> {
  return watched.watch.lap();
}

/** Until it has had this profile and this width for `hold` milliseconds without a break. */
export function settle(
  wanted: { profile: EffectiveProfile; width: number },
  { hold, timeout }: { hold: number; timeout: number },
): Promise<number> {
  const { consumer, watch } = watched;
  let since = Number.POSITIVE_INFINITY;
  const settled = (): boolean => {
    const right = consumer.effectiveProfile === wanted.profile && watch.width() === wanted.width;
    since = right ? Math.min(since, performance.now()) : Number.POSITIVE_INFINITY;
    return performance.now() - since >= hold;
  };
  const seen = () => `it is ${consumer.effectiveProfile}, ${watch.width()} wide; ${JSON.stringify(events)}`;
  return waitUntil(settled, timeout, seen);
}

/** Frames of that peer's video, so far. */
export async function decoded(peer: string): Promise<number> {
  const { track } = await consumer(peer, 'video');
  return (await inboundVideo(receivingConnection(), track!))?.framesDecoded ?? 0;
}

/** An element of this size in CSS pixels that shows it, and what takes it off. */
export async function show(peer: string, width: number, height: number) {
  const video = Object.assign(document.createElement('video'), { autoplay: true, muted: true });
  Object.assign(video.style, { width: `${width}px`, height: `${height}px`, objectFit: 'cover' });
  document.body.append(video);
  return { video, detach: (await consumer(peer, 'video')).attach(video) };
}

export function producer(kind: Kind): Producer {
  return producers.get(kind)!;
}

export async function event(wanted: string, timeout = 5000): Promise<void> {
  await waitUntil(
    () => events.includes(wanted),
    timeout,
    () => JSON.stringify(events, null, 1),
  );
}

export function receivingConnection(): RTCPeerConnection {
  return receiving.connection!;
}

export function theRoom(): Room {
  return room;
}

export function transports(): { sending: SendTransport; receiving: RecvTransport } {
  return { sending, receiving };
}

declare global {
  var participant: typeof import('./participant.js');
}
