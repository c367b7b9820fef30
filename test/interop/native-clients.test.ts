/** Native clients from npm, each with its own ICE, DTLS and SRTP, exchange RTP with each other over our core. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import nodeDataChannel from 'node-datachannel';
import { MediaStreamTrack, RTCPeerConnection } from 'werift';
import type { Router, WebRtcTransport, Worker } from '../../ts/server/core/index.js';
import { createWorker } from '../../ts/server/core/index.js';
import type { RtpParameters } from '../../ts/shared/rtp/rtp-parameters.js';
import { renderAnswer, renderOffer } from '../../ts/shared/sdp/remote-sdp.js';
import { addConsumer, createRemoteSession } from '../../ts/shared/sdp/remote-session.js';
import { localDtlsParameters } from '../../ts/shared/sdp/remote-transport.js';
import { sendingParameters } from '../../ts/shared/sdp/sending-parameters.js';
import { cleanUp, hold } from '../harness/libdatachannel.js';
import { waitUntil } from '../harness/wait.js';

jest.setTimeout(30_000);

const SSRC = 4242;
let worker: Worker;
let router: Router;

beforeAll(async () => {
  worker = await createWorker();
  router = await worker.createRouter({
    mediaCodecs: [{ kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 }],
  });
});

afterAll(() => {
  worker?.close();
  cleanUp();
});

/** One side of a call, whichever library it is: SDP in, SDP out, RTP payloads both ways. */
type Client = {
  offer(): Promise<string>;
  answer(offer: string): Promise<string>;
  accept(answer: string): Promise<void>;
  send(payload: Buffer): void;
  received: Buffer[];
  close(): void | Promise<void>;
};

let sequence = 65_530; // so that it wraps on the way
function rtpPacket(payloadType: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(0x80, 0);
  header.writeUInt8(payloadType, 1);
  header.writeUInt16BE(sequence++ & 0xffff, 2);
  header.writeUInt32BE((sequence * 960) >>> 0, 4);
  header.writeUInt32BE(SSRC, 8);
  return Buffer.concat([header, payload]);
}

/** The payload of a packet without padding. */
function payloadOf(packet: Buffer): Buffer {
  const extension = packet[0]! & 0x10 ? 4 + 4 * packet.readUInt16BE(14) : 0;
  return packet.subarray(12 + extension);
}

function libdatachannel(): Client {
  const pc = new nodeDataChannel.PeerConnection('client', { iceServers: [], bindAddress: '127.0.0.1' });
  const received: Buffer[] = [];
  const description = () => new Promise<string>((resolve) => pc.onLocalDescription((sdp) => resolve(sdp)));
  let track: nodeDataChannel.Track | undefined;
  pc.onTrack((incoming) => {
    track = hold(incoming);
    incoming.onMessage((packet) => {
      if ((packet[1]! & 0x7f) < 64 || (packet[1]! & 0x7f) > 95) received.push(payloadOf(packet));
    });
  });
  return {
    received,
    async offer() {
      const audio = new nodeDataChannel.Audio('audio', 'SendOnly');
      audio.addOpusCodec(111);
      audio.addSSRC(SSRC, 'native');
      track = hold(pc.addTrack(audio));
      const offer = description();
      pc.setLocalDescription();
      return offer;
    },
    async answer(offer) {
      const answer = description();
      pc.setRemoteDescription(offer, 'offer');
      return answer;
    },
    async accept(answer) {
      pc.setRemoteDescription(answer, 'answer');
    },
    send(payload) {
      if (track?.isOpen()) track.sendMessageBinary(rtpPacket(111, payload));
    },
    close: () => pc.close(),
  };
}

function werift(): Client {
  const pc = new RTCPeerConnection({ iceServers: [], iceAdditionalHostAddresses: ['127.0.0.1'] });
  const received: Buffer[] = [];
  const track = new MediaStreamTrack({ kind: 'audio' });
  pc.onTrack.subscribe((incoming) => {
    incoming.onReceiveRtp.subscribe((packet) => received.push(packet.payload));
  });
  return {
    received,
    async offer() {
      pc.addTransceiver(track, { direction: 'sendonly' });
      await pc.setLocalDescription(await pc.createOffer());
      return pc.localDescription!.sdp;
    },
    async answer(offer) {
      await pc.setRemoteDescription({ type: 'offer', sdp: offer });
      await pc.setLocalDescription(await pc.createAnswer());
      return pc.localDescription!.sdp;
    },
    async accept(answer) {
      await pc.setRemoteDescription({ type: 'answer', sdp: answer });
    },
    send: (payload) => track.writeRtp(rtpPacket(96, payload)),
    close: () => pc.close(),
  };
}

function newTransport(): Promise<WebRtcTransport> {
  return router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] });
}

async function publish(client: Client, transport: WebRtcTransport): Promise<string> {
  const offer = await client.offer();
  const rtpParameters = sendingParameters({
    offer,
    mid: midOf(offer),
    routerRtpCapabilities: router.rtpCapabilities,
  });
  await client.accept(renderAnswer(transport, offer, [rtpParameters]));
  await transport.connect({ dtlsParameters: localDtlsParameters(offer) });
  const producer = await transport.produce({ kind: 'audio', rtpParameters: rtpParameters as RtpParameters });
  return producer.id;
}

async function subscribe(client: Client, transport: WebRtcTransport, producerId: string): Promise<void> {
  const consumer = await transport.consume({ producerId, rtpCapabilities: router.rtpCapabilities });
  const session = addConsumer(createRemoteSession(transport), {
    kind: 'audio',
    rtpParameters: consumer.rtpParameters,
    trackId: consumer.id,
  });
  const answer = await client.answer(renderOffer(session));
  await transport.connect({ dtlsParameters: localDtlsParameters(answer) });
}

function midOf(sdp: string): string {
  return /^a=mid:(\S+)/m.exec(sdp)![1]!;
}

const clients = { libdatachannel, werift };
const pairs = [
  ['libdatachannel', 'werift'],
  ['werift', 'libdatachannel'],
] as const;

test.each(pairs)('%s sends RTP that %s receives unchanged', async (from, to) => {
  const sender = clients[from]();
  const receiver = clients[to]();
  const [up, down] = [await newTransport(), await newTransport()];
  try {
    await subscribe(receiver, down, await publish(sender, up));
    await waitUntil(
      () => up.dtlsState === 'connected' && down.dtlsState === 'connected',
      10_000,
      () => `sender ${up.iceState} ${up.dtlsState}, receiver ${down.iceState} ${down.dtlsState}`,
    );
    const sent = Array.from({ length: 100 }, (_, i) => Buffer.from(`frame ${i} of ${from}`));
    for (const payload of sent) {
      sender.send(payload);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await waitUntil(
      () => receiver.received.length >= sent.length,
      5_000,
      () => `${receiver.received.length} of ${sent.length} arrived`,
    );
    expect(receiver.received.map(String)).toEqual(sent.map(String));
  } finally {
    await sender.close();
    await receiver.close();
    up.close();
    down.close();
  }
});
