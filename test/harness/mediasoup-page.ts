/**
 * The public client library in a page: as the global `client` of `serveMediasoup()`. Its requests go to the test by
 * the function `server`, which `joinRouter()` exposes.
 */
import { Device } from 'mediasoup-client';
import type {
  Consumer,
  DataConsumer,
  DataProducer,
  DataProducerOptions,
  Producer,
  ProducerOptions,
  RtpCodecCapability,
  Transport,
} from 'mediasoup-client/types';

export { echo } from './echo.js';

export type Direction = 'send' | 'recv';

declare function server(method: string, data: unknown): Promise<never>;

const device = new Device();
const transports = new Map<Direction, Promise<Transport>>();
const producers = new Map<string, Producer>();
const consumers = new Map<string, Consumer>();

export async function load(): Promise<void> {
  await device.load({ routerRtpCapabilities: await server('capabilities', {}) });
}

/** The page's one transport of this direction. */
function transport(direction: Direction): Promise<Transport> {
  const known = transports.get(direction) ?? newTransport(direction);
  transports.set(direction, known);
  return known;
}

async function newTransport(direction: Direction): Promise<Transport> {
  const options = await server('createTransport', { direction });
  const made =
    direction === 'send' ? device.createSendTransport(options) : device.createRecvTransport(options);
  made.on('connect', ({ dtlsParameters }, done, fail) => {
    server('connect', { direction, dtlsParameters }).then(done, fail);
  });
  made.on('produce', ({ kind, rtpParameters }, done, fail) => {
    server('produce', { kind, rtpParameters }).then(done, fail);
  });
  made.on('producedata', (parameters, done, fail) => {
    server('produceData', parameters).then(done, fail);
  });
  return made;
}

/** One that the page sends, for produce(). */
export const codec = (mimeType: string): RtpCodecCapability =>
  device.sendRtpCapabilities.codecs!.find((each) => each.mimeType === mimeType)!;

/** The producer's id. */
export async function produce(options: ProducerOptions): Promise<string> {
  // A track that was replaced is sent again by another test.
  const producer = await (await transport('send')).produce({ stopTracks: false, ...options });
  producers.set(producer.id, producer);
  return producer.id;
}

/** The producers' ids. */
export async function send(tracks: MediaStreamTrack[]): Promise<string[]> {
  const ids: string[] = [];
  for (const track of tracks) ids.push(await produce({ track }));
  return ids;
}

export async function receive(producerIds: string[]): Promise<MediaStreamTrack[]> {
  const tracks: MediaStreamTrack[] = [];
  for (const producerId of producerIds) {
    const receiving = await transport('recv');
    const rtpCapabilities = device.recvRtpCapabilities;
    const consumer = await receiving.consume(await server('consume', { producerId, rtpCapabilities }));
    consumers.set(producerId, consumer);
    await server('resume', { producerId });
    tracks.push(consumer.track);
  }
  return tracks;
}

/** The track that is received of this producer. */
export const trackOf = (producerId: string): MediaStreamTrack => consumers.get(producerId)!.track;

export const producer = (id: string): Producer => producers.get(id)!;

export async function restartIce(direction: Direction): Promise<void> {
  await (await transport(direction)).restartIce({ iceParameters: await server('restartIce', { direction }) });
}

/** The username fragment of the server's by which packets go now. */
export async function remoteUsername(direction: Direction): Promise<string | undefined> {
  const report = (await (await transport(direction)).getStats()) as Map<string, Record<string, string>>;
  const chosen = [...report.values()].find(({ type }) => type === 'transport')?.['selectedCandidatePairId'];
  const remote = chosen && report.get(chosen)?.['remoteCandidateId'];
  return remote ? report.get(remote)?.['usernameFragment'] : undefined;
}

export async function states(): Promise<string[]> {
  return (await Promise.all(transports.values())).map(({ connectionState }) => connectionState);
}

/** A data producer that is open. */
export async function produceData(options: DataProducerOptions): Promise<DataProducer> {
  const made = await (await transport('send')).produceData(options);
  if (made.readyState !== 'open') await new Promise<void>((resolve) => made.once('open', () => resolve()));
  return made;
}

/** A data consumer that is open, and hands out bytes as ArrayBuffer. */
export async function consumeData(dataProducerId: string): Promise<DataConsumer> {
  const made = await (await transport('recv')).consumeData(await server('consumeData', { dataProducerId }));
  made.binaryType = 'arraybuffer';
  if (made.readyState !== 'open') await new Promise<void>((resolve) => made.once('open', () => resolve()));
  return made;
}

/** The other half of a data producer that this server echoes. */
export async function echoOf(dataProducerId: string): Promise<DataConsumer> {
  return consumeData(((await server('echo', { dataProducerId })) as { id: string }).id);
}
