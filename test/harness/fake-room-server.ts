import { generateRouterRtpCapabilities } from '../../ts/shared/rtp/negotiate.js';
import type {
  ClientRequestMethod,
  ClientRequests,
  ConsumerData,
  DataConsumerData,
  EnabledConsumer,
  PeerData,
  PreferredProfile,
  ServerNotificationMethod,
  ServerNotifications,
} from '../../ts/shared/signalling/messages.js';
import { createPortPair, type Port } from '../../ts/shared/signalling/port.js';
import { type ServerSession, Session } from '../../ts/shared/signalling/session.js';
import { mediaCodecs } from './rtp-options.js';

type Answer = (data: never) => unknown;

const TRANSPORT = {
  iceParameters: { usernameFragment: 'server', password: 'password0password1pass', iceLite: true },
  iceCandidates: [
    {
      foundation: 'udp',
      priority: 1,
      address: '127.0.0.1',
      protocol: 'udp' as const,
      port: 44444,
      type: 'host' as const,
    },
  ],
  dtlsParameters: { fingerprints: [{ algorithm: 'sha-256' as const, value: 'CC:DD' }] },
  sctpParameters: { port: 5000, maxMessageSize: 262_144 },
};

/** The server's end of the signalling, with scripted answers, for tests of the client without a server. */
export class FakeRoomServer {
  /** What was asked, in order. */
  readonly requests: {
    [M in ClientRequestMethod]: { method: M; data: ClientRequests[M]['data'] };
  }[ClientRequestMethod][] = [];
  peers: PeerData[] = [];
  dataConsumers: DataConsumerData[] = [];
  /** Instead of the usual answer; what it throws is the answer too. */
  readonly answers: Partial<Record<ClientRequestMethod, Answer>> = {};
  session!: ServerSession;
  #lastMid = -1;
  #nextStream = 10;

  /** For the Room: each join gets a port of its own. */
  readonly connect = (): Port => {
    const [near, far] = createPortPair();
    this.#lastMid = -1;
    this.session = new Session(far, {
      onRequest: async (method, data, respond) => {
        const asked = method as ClientRequestMethod;
        this.requests.push({ method: asked, data } as never);
        const answer = (this.answers[asked] ?? this.#usual[asked]) as
          | ((data: unknown) => unknown)
          | undefined;
        respond((await answer?.(data)) ?? {});
      },
    });
    return near;
  };

  tell<M extends ServerNotificationMethod>(method: M, data: ServerNotifications[M]): void {
    this.session.notify(method, data);
  }

  /** The data of all requests of this method. */
  asked<M extends ClientRequestMethod>(method: M): ClientRequests[M]['data'][] {
    return this.requests.filter((each) => each.method === method).map(({ data }) => data as never);
  }

  methods(): ClientRequestMethod[] {
    return this.requests.map(({ method }) => method);
  }

  readonly #usual: Partial<Record<ClientRequestMethod, (data: never) => unknown>> = {
    queryRoom: () => ({ rtpCapabilities: generateRouterRtpCapabilities(mediaCodecs) }),
    join: () => ({ peers: this.peers, dataConsumers: this.dataConsumers }),
    createTransport: () => TRANSPORT,
    restartTransport: () => ({
      iceParameters: { ...TRANSPORT.iceParameters, usernameFragment: 'restarted' },
    }),
    enableConsumers: ({ consumers }: ClientRequests['enableConsumers']['data']) => ({
      consumers: consumers.map(({ id, preferredProfile = 'default' }) => this.#enabled(id, preferredProfile)),
    }),
    // One after the other is 10, 11 and so on.
    enableDataConsumers: ({ consumers }: ClientRequests['enableDataConsumers']['data']) => ({
      consumers: consumers.map(({ id }) => ({ id, ok: true, streamId: this.#nextStream++ })),
    }),
    getStats: ({ of, id }: ClientRequests['getStats']['data']) => ({ stats: [{ of, id }] }),
  };

  #enabled(id: string, preferredProfile: PreferredProfile): EnabledConsumer {
    this.#lastMid += 1;
    const codec = id.startsWith('audio')
      ? { mimeType: 'audio/opus', payloadType: 100, clockRate: 48000, channels: 2 }
      : { mimeType: 'video/VP8', payloadType: 101, clockRate: 90000 };
    const mid = String(this.#lastMid);
    const rtpParameters = { mid, codecs: [codec], encodings: [{ ssrc: 5000 + this.#lastMid }] };
    return { id, ok: true, rtpParameters, paused: false, preferredProfile, effectiveProfile: 'default' };
  }
}

/** A peer that sends these; an id that begins with 'audio' is audio. */
export function peerData(name: string, ...consumerIds: string[]): PeerData {
  return {
    name,
    appData: { is: name },
    quality: 'excellent',
    consumers: consumerIds.map((id) => consumerData(name, id)),
  };
}

export function consumerData(peerName: string, id: string, rest: Partial<ConsumerData> = {}): ConsumerData {
  return {
    id,
    peerName,
    producerId: `of ${id}`,
    kind: id.startsWith('audio') ? 'audio' : 'video',
    supported: true,
    paused: false,
    preferredProfile: 'default',
    effectiveProfile: 'none',
    ...rest,
  };
}

/** Until all that is under way between a Room and its server has arrived: ports deliver in tasks of their own. */
export async function settle(): Promise<void> {
  for (let task = 0; task < 10; task += 1) await new Promise((resolve) => setImmediate(resolve));
}
