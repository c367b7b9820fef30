/** `consomme/core/types`: every type, and nothing at run time. */
export type * from '../../shared/rtp/rtp-parameters.js';
export type { ScalabilityMode } from '../../shared/rtp/scalability-mode.js';
export type { SupportedRtpCapabilities } from '../../shared/rtp/supported-capabilities.js';
export type * from '../../shared/transport-parameters.js';
export type {
  ActiveSpeakerObserver,
  ActiveSpeakerObserverDominantSpeaker,
  ActiveSpeakerObserverEvents,
  ActiveSpeakerObserverObserverEvents,
  ActiveSpeakerObserverOptions,
} from './active-speaker-observer.js';
export type { AllStats, StatsOf } from './all-stats.js';
export type {
  AudioLevelObserver,
  AudioLevelObserverEvents,
  AudioLevelObserverObserverEvents,
  AudioLevelObserverOptions,
  AudioLevelObserverVolume,
} from './audio-level-observer.js';
export type {
  Consumer,
  ConsumerAllocation,
  ConsumerDump,
  ConsumerEvents,
  ConsumerLayers,
  ConsumerObserverEvents,
  ConsumerOptions,
  ConsumerScore,
  ConsumerStat,
  WhenStarved,
} from './consumer.js';
export type {
  DataConsumer,
  DataConsumerDump,
  DataConsumerEvents,
  DataConsumerObserverEvents,
  DataConsumerOptions,
  DataConsumerStat,
  DataConsumerType,
} from './data-consumer.js';
export type {
  DataProducer,
  DataProducerDump,
  DataProducerEvents,
  DataProducerObserverEvents,
  DataProducerOptions,
  DataProducerStat,
  DataProducerType,
} from './data-producer.js';
export type {
  DirectTransport,
  DirectTransportDump,
  DirectTransportEvents,
  DirectTransportObserverEvents,
  DirectTransportOptions,
  DirectTransportStat,
} from './direct-transport.js';
export type { EnhancedEventEmitter, EventMap } from './enhanced-event-emitter.js';
export type { AppData } from './entity.js';
export type {
  PortRange,
  TransportListenInfo,
  TransportListenIp,
  TransportProtocol,
  TransportSocketFlags,
} from './listen-info.js';
export type { LogEventListeners } from './logger.js';
export type { PipeToRouterOptions, PipeToRouterResult } from './pipe-to-router.js';
export type {
  PipeConsumerOptions,
  PipeTransport,
  PipeTransportConnectParams,
  PipeTransportDump,
  PipeTransportEvents,
  PipeTransportObserverEvents,
  PipeTransportOptions,
  PipeTransportStat,
} from './pipe-transport.js';
export type {
  PlainTransport,
  PlainTransportConnectParams,
  PlainTransportDump,
  PlainTransportEvents,
  PlainTransportObserverEvents,
  PlainTransportOptions,
  PlainTransportStat,
} from './plain-transport.js';
export type {
  Producer,
  ProducerDump,
  ProducerEvents,
  ProducerObserverEvents,
  ProducerOptions,
  ProducerScore,
  ProducerStat,
  ProducerVideoOrientation,
  RtpStreamDump,
} from './producer.js';
export type { Router, RouterDump, RouterEvents, RouterObserverEvents, RouterOptions } from './router.js';
export type {
  RtpObserver,
  RtpObserverEvents,
  RtpObserverObserverEvents,
  RtpObserverType,
} from './rtp-observer.js';
export type {
  NumSctpStreams,
  SctpNegotiatedCapabilities,
  SctpOptions,
  SctpParameters,
  SctpState,
} from './sctp.js';
export type { SrtpCryptoSuite, SrtpParameters } from './srtp.js';
export type { RtpStreamStat, TransportTuple } from './stats.js';
export type {
  BweTraceInfo,
  ConsumerTraceEventData,
  ConsumerTraceEventType,
  FeedbackTraceInfo,
  ProducerTraceEventData,
  ProducerTraceEventType,
  RtpTraceInfo,
  SrTraceInfo,
  TransportTraceEventData,
  TransportTraceEventType,
} from './trace.js';
export type {
  BaseTransportDump,
  BaseTransportStats,
  Transport,
  TransportEvents,
  TransportObserverEvents,
  TransportStat,
  TransportType,
} from './transport.js';
export type {
  WebRtcServer,
  WebRtcServerDump,
  WebRtcServerEvents,
  WebRtcServerObserverEvents,
  WebRtcServerOptions,
} from './webrtc-server.js';
export type {
  DtlsState,
  IceDisconnectReason,
  IceState,
  WebRtcTransport,
  WebRtcTransportDump,
  WebRtcTransportEvents,
  WebRtcTransportObserverEvents,
  WebRtcTransportOptions,
  WebRtcTransportStat,
} from './webrtc-transport.js';
export type {
  Worker,
  WorkerDiedError,
  WorkerDump,
  WorkerEvents,
  WorkerObserverEvents,
  WorkerResourceUsage,
} from './worker.js';
export type {
  WorkerLogLevel,
  WorkerLogTag,
  WorkerSettings,
  WorkerUpdateableSettings,
} from './worker-settings.js';

/** The module `consomme/core` itself. */
export type Index = typeof import('./index.js');
