import type { Page } from 'playwright-core';
import type {
  Consumer,
  DataProducer,
  DirectTransport,
  Producer,
  Router,
  WebRtcTransport,
  WebRtcTransportOptions,
} from '../../ts/server/core/index.js';
import type {
  MediaKind,
  RtpCapabilities,
  RtpParameters,
  SctpStreamParameters,
} from '../../ts/shared/rtp/rtp-parameters.js';
import type { DtlsParameters, IceCandidate } from '../../ts/shared/transport-parameters.js';
import type { Direction } from './mediasoup-page.js';
import type { Tab, TestBrowser } from './tab.js';
import { bundle, pageOf, serveMedia, type Web } from './web.js';

/** One page with mediasoup-client, and what an application's server has of it. */
export type Member = {
  tab: Tab<Page>;
  router: Router;
  transports: Map<Direction, WebRtcTransport>;
  producers: Map<string, Producer>;
  /** By the producer's id. */
  consumers: Map<string, Consumer>;
  dataProducers: Map<string, DataProducer>;
};

export type MemberOptions = {
  /** Default: over UDP, with SCTP. */
  transport?: WebRtcTransportOptions;
  /** What the page is told of the server's candidates. Default: the truth. */
  candidates?: (candidates: IceCandidate[]) => IceCandidate[];
};

/** All that requests may carry. */
type Asked = {
  direction: Direction;
  producerId: string;
  dataProducerId: string;
  kind: MediaKind;
  dtlsParameters: DtlsParameters;
  rtpParameters: RtpParameters;
  rtpCapabilities: RtpCapabilities;
  sctpStreamParameters: SctpStreamParameters;
  label: string;
  protocol: string;
};

const overUdp: WebRtcTransportOptions = {
  listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
  enableSctp: true,
};

/** A site whose page `/call` has the known media as `media`, and mediasoup-client as `client`. */
export async function serveMediasoup(): Promise<Web> {
  return serveMedia({
    '/call': pageOf('/media.js', '/client.js'),
    '/client.js': await bundle(new URL('./mediasoup-page.ts', import.meta.url), 'client'),
  });
}

/** Opens a page whose requests are done with the core API, as an application would. */
export async function joinRouter(
  browser: TestBrowser<Page>,
  web: Web,
  router: Router,
  options: MemberOptions = {},
): Promise<Member> {
  const tab = await browser.newPage(`${web.url}call`);
  const member: Member = {
    tab,
    router,
    transports: new Map(),
    producers: new Map(),
    consumers: new Map(),
    dataProducers: new Map(),
  };
  const requests = requestsOf(member, options);
  await tab.page.exposeFunction('server', (method: string, data: Asked) => requests[method]!(data));
  await tab.evaluate(() => client.load());
  return member;
}

declare const client: typeof import('./mediasoup-page.js');

function requestsOf(
  member: Member,
  { transport: transportOptions = overUdp, candidates = (all) => all }: MemberOptions,
): Record<string, (data: Asked) => Promise<unknown>> {
  const { router, transports, producers, consumers, dataProducers } = member;
  const echoes = newEchoes(router);
  return {
    capabilities: async () => router.rtpCapabilities,
    async createTransport({ direction }) {
      const transport = await router.createWebRtcTransport(transportOptions);
      transports.set(direction, transport);
      const { id, iceParameters, iceCandidates, dtlsParameters, sctpParameters } = transport;
      return { id, iceParameters, iceCandidates: candidates(iceCandidates), dtlsParameters, sctpParameters };
    },
    connect: ({ direction, dtlsParameters }) => transports.get(direction)!.connect({ dtlsParameters }),
    restartIce: ({ direction }) => transports.get(direction)!.restartIce(),
    async produce({ kind, rtpParameters }) {
      const producer = await transports.get('send')!.produce({ kind, rtpParameters });
      producers.set(producer.id, producer);
      return { id: producer.id };
    },
    async consume({ producerId, rtpCapabilities }) {
      const consumer = await transports.get('recv')!.consume({ producerId, rtpCapabilities, paused: true });
      consumers.set(producerId, consumer);
      const { id, kind, rtpParameters } = consumer;
      return { id, producerId, kind, rtpParameters };
    },
    resume: ({ producerId }) => consumers.get(producerId)!.resume(),
    async produceData({ sctpStreamParameters, label, protocol }) {
      const producer = await transports.get('send')!.produceData({ sctpStreamParameters, label, protocol });
      dataProducers.set(producer.id, producer);
      return { id: producer.id };
    },
    async consumeData({ dataProducerId }) {
      const consumer = await transports.get('recv')!.consumeData({ dataProducerId });
      const { id, sctpStreamParameters, label, protocol } = consumer;
      return { id, dataProducerId, sctpStreamParameters, label, protocol };
    },
    echo: async ({ dataProducerId }) => ({ id: await echoes(dataProducers.get(dataProducerId)!) }),
  };
}

/** Makes data producers that send what another receives, by way of this program. */
function newEchoes(router: Router): (of: DataProducer) => Promise<string> {
  let direct: Promise<DirectTransport> | undefined;
  return async ({ id: dataProducerId }) => {
    direct ??= router.createDirectTransport();
    const incoming = await (await direct).consumeData({ dataProducerId });
    const outgoing = await (await direct).produceData({ label: 'echo' });
    incoming.on('message', (message, ppid) => outgoing.send(message, ppid));
    return outgoing.id;
  };
}
