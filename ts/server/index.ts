/** The package's face: rooms. The core is there by itself as `consomme/core`; its types are here too. */

export * from '../shared/errors.js';
export type { MessageData } from '../shared/message-data.js';
export type {
  MediaKind,
  RouterRtpCodecCapability,
  RtpCapabilities,
  RtpParameters,
} from '../shared/rtp/rtp-parameters.js';
export {
  BadRequestError,
  DuplicatePeerError,
  ForbiddenError,
  LimitError,
  PortClosedError,
  UnknownMethodError,
} from '../shared/signalling/errors.js';
export type * from '../shared/signalling/messages.js';
export { createPortPair, type Port } from '../shared/signalling/port.js';
export type * as core from './core/index.js';
export { type LogEventListeners, setLogEventListeners } from './core/logger.js';
export type { Consumer, ConsumerEvents } from './rooms/consumer.js';
export type { ConsumerOriginator, Originator } from './rooms/lifetime.js';
export type {
  CanPublish,
  CanSendData,
  DataAsked,
  MessageInfo,
  OnStage,
  Peer,
  PeerEvents,
  ProducerAsked,
  SendOptions,
} from './rooms/peer.js';
export type { Producer, ProducerEvents, Sender } from './rooms/producer.js';
export type { JoinAsked, JoinTerms, JoinVerdict, Policy, Room, RoomEvents } from './rooms/room.js';
export {
  createServer,
  type RoomOptions,
  type Server,
  type ServerEvents,
  type ServerOptions,
} from './rooms/server.js';
export type { Transport, TransportEvents } from './rooms/transport.js';
export {
  type Found,
  serveWebSocket,
  type WebSocketOptions,
  type WebSocketService,
} from './rooms/websocket.js';
