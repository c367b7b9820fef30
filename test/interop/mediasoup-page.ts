/**
 * The page of the mediasoup-client test: the public client library in a browser, whose requests go to the test by
 * the function `server` that it exposes.
 */
import { Device } from 'mediasoup-client';
import type { Consumer, Producer, Transport, TransportOptions } from 'mediasoup-client/types';

declare function server(method: string, data: unknown): Promise<never>;

const device = new Device();
const producers = new Map<string, Producer>();
const consumers = new Map<string, Consumer>();
const transports: Transport[] = [];

export async function load(): Promise<void> {
  await device.load({ routerRtpCapabilities: await server('capabilities', {}) });
}

async function options(): Promise<TransportOptions> {
  return server('createTransport', {});
}

function connectVia(transport: Transport): void {
  transports.push(transport);
  transport.on('connect', ({ dtlsParameters }, done, fail) => {
    server('connect', { id: transport.id, dtlsParameters }).then(done, fail);
  });
}

export async function send(tracks: MediaStreamTrack[]): Promise<string[]> {
  const transport = device.createSendTransport(await options());
  connectVia(transport);
  transport.on('produce', ({ kind, rtpParameters }, done, fail) => {
    server('produce', { transportId: transport.id, kind, rtpParameters }).then(done, fail);
  });
  for (const track of tracks) {
    const producer = await transport.produce({ track });
    producers.set(producer.id, producer);
  }
  return [...producers.keys()];
}

export async function receive(producerIds: string[]): Promise<MediaStreamTrack[]> {
  const transport = device.createRecvTransport(await options());
  connectVia(transport);
  const tracks: MediaStreamTrack[] = [];
  for (const producerId of producerIds) {
    const consumer = await transport.consume(
      await server('consume', {
        transportId: transport.id,
        producerId,
        rtpCapabilities: device.recvRtpCapabilities,
      }),
    );
    consumers.set(producerId, consumer);
    await server('resume', { id: consumer.id });
    tracks.push(consumer.track);
  }
  return tracks;
}

export const states = () => transports.map((transport) => transport.connectionState);
