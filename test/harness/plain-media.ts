import { randomBytes } from 'node:crypto';
import type {
  Consumer,
  PlainTransport,
  Producer,
  Router,
  SrtpCryptoSuite,
  SrtpParameters,
} from '../../ts/server/core/index.js';
import type {
  RouterRtpCodecCapability,
  RtpCapabilities,
  RtpCodecParameters,
} from '../../ts/shared/rtp/rtp-parameters.js';
import { type Content, Player, type ReceivedStream, type RtpTool, type SentStream } from './plain-streams.js';
import type { Program } from './program.js';
import { freePortPair, waitForListener } from './udp-ports.js';

export type PlainOptions = {
  /** Default true. */
  rtcpMux?: boolean;
  /** Of what is published: the transport learns the program's address by itself. Default true. */
  comedia?: boolean;
  /** Default: without SRTP. */
  suite?: SrtpCryptoSuite;
};

const h264 = { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 };

/** What routers of these tests have. */
export const plainCodecs: RouterRtpCodecCapability[] = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 },
  { kind: 'video', mimeType: 'video/H264', clockRate: 90000, parameters: h264 },
];

const codecs: Record<Content['codec'], RtpCodecParameters> = {
  opus: { mimeType: 'audio/opus', payloadType: 100, clockRate: 48000, channels: 2 },
  VP8: {
    mimeType: 'video/VP8',
    payloadType: 101,
    clockRate: 90000,
    rtcpFeedback: [{ type: 'nack', parameter: 'pli' }],
  },
  H264: {
    mimeType: 'video/H264',
    payloadType: 102,
    clockRate: 90000,
    parameters: h264,
    rtcpFeedback: [{ type: 'nack', parameter: 'pli' }],
  },
};

const keyLengths: Record<SrtpCryptoSuite, number> = {
  AES_CM_128_HMAC_SHA1_80: 30,
  AES_CM_128_HMAC_SHA1_32: 30,
  AEAD_AES_128_GCM: 28,
  AEAD_AES_256_GCM: 44,
};

const listenInfo = { protocol: 'udp', ip: '127.0.0.1' } as const;

/** Lets a program publish all of this, each through a transport of its own. */
export async function publish(
  router: Router,
  tool: RtpTool,
  contents: Content[],
  options: PlainOptions = {},
): Promise<{ producers: Producer[]; transports: PlainTransport[]; program: Program }> {
  const published = await Promise.all(
    contents.map((content, index) => publishOne(router, content, index, options)),
  );
  return {
    producers: published.map(({ producer }) => producer),
    transports: published.map(({ transport }) => transport),
    program: tool.send(published.map(({ stream }) => stream)),
  };
}

async function publishOne(
  router: Router,
  content: Content,
  index: number,
  { rtcpMux = true, comedia = true, suite }: PlainOptions,
): Promise<{ producer: Producer; transport: PlainTransport; stream: SentStream }> {
  const port = await freePortPair();
  const from = { port, rtcpPort: port + 1 };
  const transport = await router.createPlainTransport({ listenInfo, rtcpMux, comedia, ...encryption(suite) });
  const srtp = suite && newKey(suite);
  if (!comedia || srtp) {
    const remote = comedia ? {} : { ip: '127.0.0.1', port, ...(rtcpMux ? {} : { rtcpPort: from.rtcpPort }) };
    await transport.connect({ ...remote, ...(srtp && { srtpParameters: srtp }) });
  }
  const ssrc = 1000 + index;
  const codec = codecs[content.codec];
  const producer = await transport.produce({
    kind: content.codec === 'opus' ? 'audio' : 'video',
    rtpParameters: { codecs: [codec], encodings: [{ ssrc }], rtcp: { cname: 'plain' } },
  });
  const to = {
    port: transport.tuple.localPort,
    rtcpPort: (transport.rtcpTuple ?? transport.tuple).localPort,
  };
  const { payloadType } = codec;
  return { producer, transport, stream: { content, payloadType, ssrc, to, from, ...(srtp && { srtp }) } };
}

/** Lets a program receive these producers, each through a transport of its own. */
export async function watch(
  router: Router,
  tool: RtpTool,
  producers: Pick<Producer, 'id'>[],
  options: PlainOptions = {},
): Promise<{ player: Player; consumers: Consumer[]; program: Program }> {
  const watched = await Promise.all(producers.map((producer) => watchOne(router, producer, options)));
  const program = tool.receive(watched.map(({ stream }) => stream));
  // Its pipes are read from the beginning on.
  const player = new Player(program);
  for (const { consumer, stream } of watched) {
    await waitForListener(stream.port, program.state);
    await consumer.resume();
  }
  return { player, consumers: watched.map(({ consumer }) => consumer), program };
}

async function watchOne(
  router: Router,
  { id: producerId }: Pick<Producer, 'id'>,
  { rtcpMux = true, suite }: PlainOptions,
): Promise<{ consumer: Consumer; stream: ReceivedStream }> {
  const port = await freePortPair();
  const transport = await router.createPlainTransport({ listenInfo, rtcpMux, ...encryption(suite) });
  await transport.connect({
    ip: '127.0.0.1',
    port,
    ...(rtcpMux ? {} : { rtcpPort: port + 1 }),
    ...(suite && { srtpParameters: newKey(suite) }),
  });
  const rtpCapabilities = receivable(router.rtpCapabilities);
  const consumer = await transport.consume({ producerId, rtpCapabilities, paused: true });
  const { kind, rtpParameters } = consumer;
  const { srtpParameters: srtp } = transport;
  return { consumer, stream: { kind, rtpParameters, port, ...(srtp && { srtp }) } };
}

/** These programs know neither RTX nor header extensions. */
function receivable({ codecs: all = [] }: RtpCapabilities): RtpCapabilities {
  return { codecs: all.filter(({ mimeType }) => !mimeType.endsWith('/rtx')), headerExtensions: [] };
}

function encryption(suite?: SrtpCryptoSuite): { enableSrtp?: true; srtpCryptoSuite?: SrtpCryptoSuite } {
  return suite ? { enableSrtp: true, srtpCryptoSuite: suite } : {};
}

function newKey(cryptoSuite: SrtpCryptoSuite): SrtpParameters {
  return { cryptoSuite, keyBase64: randomBytes(keyLengths[cryptoSuite]).toString('base64') };
}
