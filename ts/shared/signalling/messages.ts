/**
 * What the server and its clients say to each other: JSON, one message a text. Methods and their data are listed in
 * ClientRequests (client to server) and ServerNotifications (server to client).
 *
 * Ids of transports, producers and data producers are chosen by the client and unique among the open ones of its peer,
 * so that it may send `createTransport`, `enableConsumers` and so on without waiting: the server handles the requests
 * of one client one after the other. Ids of consumers and data consumers are chosen by the server.
 *
 * `appData` is any JSON value of the application. It travels verbatim.
 */
import type { MediaKind, RtpCapabilities, RtpParameters } from '../rtp/rtp-parameters.js';
import type { DtlsParameters, IceCandidate, IceParameters } from '../transport-parameters.js';

/** @example { type: 'request', id: 7, method: 'pauseProducer', data: { id: 'p1' } } */
export type RequestMessage = { type: 'request'; id: number; method: string; data: unknown };

/**
 * @example { type: 'response', id: 7, ok: true, data: {} }
 * @example { type: 'response', id: 7, ok: false, error: { name: 'NotFoundError', message: 'there is no producer p1' } }
 */
export type ResponseMessage =
  | { type: 'response'; id: number; ok: true; data: unknown }
  | { type: 'response'; id: number; ok: false; error: ErrorData };

/** @example { type: 'notification', method: 'peerClosed', data: { name: 'alice' } } */
export type NotificationMessage = { type: 'notification'; method: string; data: unknown };

export type Message = RequestMessage | ResponseMessage | NotificationMessage;

/** An error's class, by name, and what it says. See `errors.ts` for the classes. */
export type ErrorData = { name: string; message: string };

/** Any JSON value of the application. */
export type AppData = unknown;

/** A client's transports go one way each: 'send' if the client sends. */
export type TransportDirection = 'send' | 'recv';

/** A wish for quality: 'default' is the best that there is, the others are simulcast streams from the top. */
export type PreferredProfile = 'default' | 'low' | 'medium' | 'high';

/** What is really sent: 'default' if the source has one stream only, 'none' if nothing can be sent now. */
export type EffectiveProfile = PreferredProfile | 'none';

/**
 * How well a peer and the server get each other's media: both directions together, the worse of them. 'lost': a
 * transport of its has no connection.
 */
export type Quality = 'excellent' | 'good' | 'poor' | 'lost';

/** In pixels. */
export type Size = { width: number; height: number };

/**
 * Where a client shows a picture, in physical pixels, so that it gets no more than can be seen. `cover`: the picture fills
 * all of that, and is cut; otherwise the whole of it fits inside. 'hidden': nowhere that could be seen.
 */
export type View = 'hidden' | (Size & { cover: boolean });

/** Missing view: as if it were shown as large as there is. */
export type ConsumerView = { id: string; view?: View };

/**
 * What a client shows large: 'tiles', all alike; 'stage', one peer's video, or one producer of its, before all others,
 * which get their lowest profile. While there is none such, all are alike.
 *
 * @example { layout: 'stage', peerName: 'alice', producerId: 'producer-2' }
 */
export type LayoutData = { layout: 'tiles' } | { layout: 'stage'; peerName: string; producerId?: string };

export type IceState = 'new' | 'connected' | 'completed' | 'disconnected' | 'closed';

export type DtlsState = 'new' | 'connecting' | 'connected' | 'failed' | 'closed';

/** Why the server has closed a client's peer. After 'worker died' the client joins again by itself. */
export type ClosedReason = 'removed' | 'room closed' | 'server closed' | 'worker died';

/**
 * One producer of another peer, as a client may receive it.
 *
 * @example
 * {
 *   id: '2f1c…', kind: 'video', peerName: 'alice', producerId: 'producer-1', supported: true, paused: false,
 *   preferredProfile: 'default', effectiveProfile: 'none', appData: { source: 'webcam' },
 * }
 */
export type ConsumerData = {
  id: string;
  kind: MediaKind;
  /** The peer that sends it. */
  peerName: string;
  /** Unique in that peer, and the same when it was made anew. */
  producerId: string;
  /** Whether the client's capabilities have a codec for it: otherwise it cannot be enabled. */
  supported: boolean;
  /** By the server or by its producer. The client's own pause is not in it. */
  paused: boolean;
  preferredProfile: PreferredProfile;
  effectiveProfile: EffectiveProfile;
  /** Of its producer. */
  appData?: AppData;
};

/** @example { name: 'alice', appData: { color: 'red' }, quality: 'good', consumers: [] } */
export type PeerData = { name: string; appData?: AppData; quality: Quality; consumers: ConsumerData[] };

/**
 * Messages of one sender, as a client may receive them: those to the room, or those to this client alone; reliable and
 * in order, or lossy.
 *
 * @example
 * { id: '2f1c…', peerName: 'alice', to: 'bob', reliable: true }
 */
export type DataConsumerData = {
  id: string;
  /** The peer that sends. Missing: the server's application does. */
  peerName?: string;
  /** The client's own name. Missing: they are to the whole room. */
  to?: string;
  reliable: boolean;
};

export type TransportData = {
  iceParameters: IceParameters;
  iceCandidates: IceCandidate[];
  dtlsParameters: DtlsParameters;
  /** The browser must offer, or accept, data channels in the first exchange already: SCTP begins with DTLS. */
  sctpParameters: { port: number; maxMessageSize: number };
};

/** @example { id: '2f1c…', transportId: 't2', paused: false, preferredProfile: 'medium' } */
export type EnableConsumer = {
  id: string;
  /** A 'recv' transport. */
  transportId: string;
  /** By the client. Default: as it was, at first false. */
  paused?: boolean;
  /** Default: as it was, at first 'default'. */
  preferredProfile?: PreferredProfile;
  /** Default: as large as there is. */
  view?: View;
};

/** `rtpParameters` have the `mid` of the m-section. */
export type EnabledConsumer =
  | {
      id: string;
      ok: true;
      rtpParameters: RtpParameters;
      paused: boolean;
      preferredProfile: PreferredProfile;
      effectiveProfile: EffectiveProfile;
    }
  | { id: string; ok: false; error: ErrorData };

/** `transportId`: of a 'recv' transport. */
export type EnableDataConsumer = { id: string; transportId: string };

/** `streamId`: of the negotiated data channel (RFC 8831, 6.1). */
export type EnabledDataConsumer =
  | { id: string; ok: true; streamId: number }
  | { id: string; ok: false; error: ErrorData };

type Nothing = Record<string, never>;
type Id = { id: string };
type IdAndAppData = { id: string; appData?: AppData };

/** Method → what the client sends and what it gets. All but `queryRoom` and `join` need a joined peer. */
export type ClientRequests = {
  /** What the room can carry, so that the client can compute its own capabilities before it joins. */
  queryRoom: { data: Nothing; response: { rtpCapabilities: RtpCapabilities } };
  /**
   * Everybody else and everything they send comes in the response; from then on, in notifications. A spy only
   * receives and nobody hears of it. Errors: DuplicatePeerError, ForbiddenError, WorkerClosedError (ask again).
   */
  join: {
    data: { name: string; rtpCapabilities: RtpCapabilities; spy?: boolean; appData?: AppData };
    response: { peers: PeerData[]; dataConsumers: DataConsumerData[] };
  };
  createTransport: {
    data: { id: string; direction: TransportDirection; appData?: AppData };
    response: TransportData;
  };
  /** Once the client's DTLS fingerprint is known. ICE and DTLS start then. */
  connectTransport: { data: { id: string; dtlsParameters: DtlsParameters }; response: Nothing };
  /** ICE restart. */
  restartTransport: { data: Id; response: { iceParameters: IceParameters } };
  /** Its producers close; its consumers stay, and may be enabled again on another transport. */
  closeTransport: { data: IdAndAppData; response: Nothing };
  /** Errors: ForbiddenError (a spy, or the policy says no), UnsupportedError (codec). */
  createProducer: {
    data: {
      id: string;
      /** A 'send' transport. */
      transportId: string;
      kind: MediaKind;
      rtpParameters: RtpParameters;
      /** By the client. Default false. */
      paused?: boolean;
      /** Of video: as captured. Without it views don't count. */
      size?: Size;
      /** Of video, for each layer from the lowest: by how much it is smaller. Default: 4, 2, 1 and so on. */
      scales?: number[];
      appData?: AppData;
    };
    response: Nothing;
  };
  /** Its track is another one now. Without a size views don't count. */
  setProducerSize: { data: { id: string; size?: Size }; response: Nothing };
  closeProducer: { data: IdAndAppData; response: Nothing };
  pauseProducer: { data: IdAndAppData; response: Nothing };
  resumeProducer: { data: IdAndAppData; response: Nothing };
  /** A batch: one result each, in order. Nothing is sent on them until `startConsumers`. */
  enableConsumers: { data: { consumers: EnableConsumer[] }; response: { consumers: EnabledConsumer[] } };
  /**
   * The client has applied these consumers' parameters, so that what is sent now is not lost: they start, with a key
   * frame. Ids that are closed by now, or not enabled, are passed over.
   */
  startConsumers: { data: { ids: string[] }; response: Nothing };
  pauseConsumer: { data: IdAndAppData; response: Nothing };
  resumeConsumer: { data: IdAndAppData; response: Nothing };
  setConsumerPreferredProfile: { data: { id: string; profile: PreferredProfile }; response: Nothing };
  /** A batch. Ids that are closed by now are passed over. */
  setConsumerViews: { data: { views: ConsumerView[] }; response: Nothing };
  /** It stays so for consumers that come later, and whoever is named may come later too. */
  setLayout: { data: LayoutData; response: Nothing };
  /** For a consumer. */
  requestKeyFrame: { data: Id; response: Nothing };
  /**
   * Messages from a data channel of the client: to the room, or to one other peer, for which nobody else gets them.
   * There may be one each, reliable and lossy. What it is sent goes out from the notification `dataProducerReady` on. It
   * closes with the peer that it is for. Errors: ForbiddenError (a spy, or the policy says no), NotFoundError (nobody is
   * called so).
   */
  createDataProducer: {
    data: {
      id: string;
      /** A 'send' transport. */
      transportId: string;
      /** 0 to 65534. */
      streamId: number;
      /** A peer's name. Missing: to the room. */
      to?: string;
      /** In order and whole, as opposed to sent once and in any order. */
      reliable: boolean;
    };
    response: Nothing;
  };
  closeDataProducer: { data: Id; response: Nothing };
  /** A batch: one result each, in order. Nothing is sent on them until `startDataConsumers`. */
  enableDataConsumers: {
    data: { consumers: EnableDataConsumer[] };
    response: { consumers: EnabledDataConsumer[] };
  };
  /** The client's channels for these are open. Ids that are closed by now, or not enabled, are passed over. */
  startDataConsumers: { data: { ids: string[] }; response: Nothing };
  /** What the server has counted. */
  getStats: {
    data: { of: 'transport' | 'producer' | 'consumer'; id: string };
    response: { stats: Record<string, unknown>[] };
  };
  /** After the response the server closes the port. */
  leave: { data: { appData?: AppData }; response: Nothing };
};

export type ClientRequestMethod = keyof ClientRequests;

/** Method → what the client is told. */
export type ServerNotifications = {
  /** The last message: the client's peer is closed, and so is all that it had. */
  closed: { reason: ClosedReason; appData?: AppData };
  /** `consumers` of somebody who has just joined is empty. */
  newPeer: PeerData;
  peerClosed: { name: string; appData?: AppData };
  newConsumer: ConsumerData;
  /** By the server, or because its producer closed. `peerClosed` goes without these. */
  consumerClosed: { id: string; peerName: string; appData?: AppData };
  /** By the server or by its producer: once, when ConsumerData.paused becomes true. */
  consumerPaused: { id: string; peerName: string; appData?: AppData };
  consumerResumed: { id: string; peerName: string; appData?: AppData };
  /** By the server's application. */
  consumerPreferredProfileSet: { id: string; peerName: string; profile: PreferredProfile };
  consumerEffectiveProfileChanged: { id: string; peerName: string; profile: EffectiveProfile };
  /** By the server, on the client's own producer. */
  producerPaused: { id: string; appData?: AppData };
  producerResumed: { id: string; appData?: AppData };
  producerClosed: { id: string; appData?: AppData };
  /** How many layers of the client's own producer, from the lowest, somebody may want; at first all. 0: nobody watches. */
  producerLayersWanted: { id: string; layers: number };
  /** By the server's application. */
  layoutSet: LayoutData;
  /** Those whose quality has changed; the client itself may be among them. */
  peerQualities: { peers: { name: string; quality: Quality }[] };
  /** By the server. What was sent or received on it becomes unhandled: the client may use another transport. */
  transportClosed: { id: string; appData?: AppData };
  /** Whoever is to get its messages can. */
  dataProducerReady: Id;
  /** Somebody sends messages to the room, or to this client. */
  newDataConsumer: DataConsumerData;
  /** Its sender closed. `peerClosed` goes without these. */
  dataConsumerClosed: Id;
  /** Reliable messages were dropped, as the client received them too slowly. Once until it has caught up. */
  messagesLost: Id;
  /** As the server sees it. */
  transportState: { id: string; iceState: IceState; dtlsState: DtlsState };
};

export type ServerNotificationMethod = keyof ServerNotifications;
