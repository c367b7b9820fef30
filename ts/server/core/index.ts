import { createRequire } from 'node:module';
import {
  canConsume,
  generateRouterRtpCapabilities,
  getConsumableRtpParameters,
  getConsumerRtpParameters,
  getPipeConsumerRtpParameters,
  getProducerRtpParametersMapping,
} from '../../shared/rtp/negotiate.js';
import {
  validateAndNormalizeRtpCapabilities,
  validateAndNormalizeRtpParameters,
  validateAndNormalizeSctpStreamParameters,
} from '../../shared/rtp/validate.js';

export * from '../../shared/errors.js';
export * as errors from '../../shared/errors.js';
export type * from '../../shared/rtp/rtp-parameters.js';
export { parseScalabilityMode, type ScalabilityMode } from '../../shared/rtp/scalability-mode.js';
export {
  getSupportedRtpCapabilities,
  type SupportedRtpCapabilities,
} from '../../shared/rtp/supported-capabilities.js';
export type * from '../../shared/transport-parameters.js';
export type * from './consumer.js';
export { Consumer } from './consumer.js';
export { createWorker, observer } from './create-worker.js';
export { EnhancedEventEmitter } from './enhanced-event-emitter.js';
export type { AppData } from './entity.js';
export type {
  PortRange,
  TransportListenInfo,
  TransportListenIp,
  TransportProtocol,
  TransportSocketFlags,
} from './listen-info.js';
export { type LogEventListeners, setLogEventListeners } from './logger.js';
export {
  Producer,
  type ProducerDump,
  type ProducerEvents,
  type ProducerObserverEvents,
  type ProducerOptions,
  type ProducerScore,
  type ProducerStat,
  type ProducerVideoOrientation,
  type RtpStreamDump,
} from './producer.js';
export * from './router.js';
export type { RtpStreamStat, TransportTuple } from './stats.js';
export {
  type BaseTransportDump,
  type BaseTransportStats,
  Transport,
  type TransportEvents,
  type TransportObserverEvents,
} from './transport.js';
export {
  type DtlsState,
  type IceDisconnectReason,
  type IceState,
  WebRtcTransport,
  type WebRtcTransportDump,
  type WebRtcTransportEvents,
  type WebRtcTransportObserverEvents,
  type WebRtcTransportOptions,
  type WebRtcTransportStat,
} from './webrtc-transport.js';
export {
  Worker,
  type WorkerDiedError,
  type WorkerDump,
  type WorkerEvents,
  type WorkerObserverEvents,
  type WorkerResourceUsage,
} from './worker.js';
export { workerBin } from './worker-binary.js';
export type {
  WorkerLogLevel,
  WorkerLogTag,
  WorkerSettings,
  WorkerUpdateableSettings,
} from './worker-settings.js';

/** The pure functions of capability negotiation. */
export const ortc = {
  validateAndNormalizeRtpCapabilities,
  validateAndNormalizeRtpParameters,
  validateAndNormalizeSctpStreamParameters,
  generateRouterRtpCapabilities,
  getProducerRtpParametersMapping,
  getConsumableRtpParameters,
  canConsume,
  getConsumerRtpParameters,
  getPipeConsumerRtpParameters,
};

export const version: string = createRequire(import.meta.url)('../../../package.json').version;
