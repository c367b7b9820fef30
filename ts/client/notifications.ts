import type {
  AppData,
  ClosedReason,
  LayoutData,
  PeerData,
  Quality,
  ServerNotificationMethod,
  ServerNotifications,
} from '../shared/signalling/messages.js';
import type { FromServer, Notification } from '../shared/signalling/session.js';
import type { Consumer } from './consumer.js';
import type { Messages } from './messages.js';
import type { Peer } from './peer.js';
import type { Producer } from './producer.js';
import type { RecvTransport } from './recv-transport.js';
import type { SendTransport } from './send-transport.js';

/** Whom the server's notifications are for. */
export type Told = {
  readonly peers: Map<string, Peer>;
  readonly transports: Map<string, SendTransport | RecvTransport>;
  readonly producers: Map<string, Producer>;
  readonly messages: Messages;
  onClosed(reason: ClosedReason, appData: AppData): void;
  onPeer(data: PeerData): void;
  onLayout(data: LayoutData): void;
  onQuality(name: string, quality: Quality): void;
};

type Handlers = { [M in ServerNotificationMethod]: (told: Told, data: ServerNotifications[M]) => void };

/** What is not known any more was closed here, when the server did not know that yet. */
const HANDLERS: Handlers = {
  closed: (told, { reason, appData }) => told.onClosed(reason, appData),
  newPeer: (told, data) => told.onPeer(data),
  peerClosed({ peers, messages }, { name, appData }) {
    const peer = peers.get(name);
    peers.delete(name);
    messages.peerClosed(name);
    peer?.end('remote', appData);
  },
  newConsumer: ({ peers }, data) => peers.get(data.peerName)?.addConsumer(data),
  consumerClosed: (told, data) => consumerOf(told, data)?.end('remote', data.appData),
  consumerPaused: (told, data) => consumerOf(told, data)?.pausedByServer(data.appData),
  consumerResumed: (told, data) => consumerOf(told, data)?.resumedByServer(data.appData),
  consumerPreferredProfileSet: (told, data) => consumerOf(told, data)?.preferredProfileSet(data.profile),
  consumerEffectiveProfileChanged: (told, data) =>
    consumerOf(told, data)?.effectiveProfileChanged(data.profile),
  producerPaused: ({ producers }, { id, appData }) => producers.get(id)?.pausedByServer(appData),
  producerResumed: ({ producers }, { id, appData }) => producers.get(id)?.resumedByServer(appData),
  producerClosed: ({ producers }, { id, appData }) => producers.get(id)?.end('remote', appData),
  producerLayersWanted: ({ producers }, { id, layers }) => producers.get(id)?.layersWanted(layers),
  layoutSet: (told, data) => told.onLayout(data),
  peerQualities: (told, { peers }) => {
    for (const { name, quality } of peers) told.onQuality(name, quality);
  },
  transportClosed: ({ transports }, { id, appData }) => transports.get(id)?.end('remote', appData),
  dataProducerReady: ({ messages }, { id }) => messages.ready(id),
  newDataConsumer: ({ messages }, data) => messages.add([data]),
  dataConsumerClosed: ({ messages }, { id }) => messages.close(id),
  messagesLost: ({ messages }, { id }) => messages.lost(id),
  // The browser knows the state of its own end.
  transportState: () => {},
};

/** A newer server may tell what this client does not know. */
export function hear(told: Told, { method, data }: Notification<FromServer>): void {
  if (!Object.hasOwn(HANDLERS, method)) return;
  const handler = HANDLERS[method] as (told: Told, data: unknown) => void;
  handler(told, data);
}

function consumerOf(
  { peers }: Told,
  { id, peerName }: { id: string; peerName: string },
): Consumer<Peer> | undefined {
  return peers.get(peerName)?.getConsumerById(id);
}
