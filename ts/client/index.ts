export { InvalidStateError, NotFoundError, TimeoutError, UnsupportedError } from '../shared/errors.js';
export type { MessageData } from '../shared/message-data.js';
export type {
  MediaKind,
  RtpCapabilities,
  RtpCodecCapability,
  RtpParameters,
} from '../shared/rtp/rtp-parameters.js';
export {
  BadRequestError,
  DuplicatePeerError,
  ForbiddenError,
  LimitError,
  PortClosedError,
} from '../shared/signalling/errors.js';
export type {
  AppData,
  ClosedReason,
  EffectiveProfile,
  LayoutData,
  PreferredProfile,
  Quality,
  TransportDirection,
} from '../shared/signalling/messages.js';
export type { Port } from '../shared/signalling/port.js';
export type { AttachOptions, Consumer, ConsumerEvents } from './consumer.js';
export { type DeviceCapabilities, getDeviceCapabilities, isDeviceSupported } from './device.js';
export type { Emitter, EventMap } from './emitter.js';
export type { Encoding, Simulcast, Svc } from './encodings.js';
export type { Originator } from './lifetime.js';
export type { MessageInfo, Peer, PeerEvents, SendOptions } from './peer.js';
export type { Producer, ProducerEvents, ProducerOptions } from './producer.js';
export type { ConnectionState } from './recovery.js';
export type { RecvTransport } from './recv-transport.js';
export {
  type CloseReason,
  type OnStage,
  Room,
  type RoomEvents,
  type RoomMessageInfo,
  type RoomOptions,
  type RoomSendOptions,
  type ServerAddress,
} from './room.js';
export type { SendTransport } from './send-transport.js';
export type { Transport, TransportEvents } from './transport.js';
