import type { RtpCapabilities } from '../../ts/shared/rtp/rtp-parameters.js';
import type {
  ConsumerData,
  EnabledConsumer,
  ServerNotificationMethod,
  ServerNotifications,
} from '../../ts/shared/signalling/messages.js';
import { createPortPair, type Port } from '../../ts/shared/signalling/port.js';
import {
  type ClientSession,
  type FromServer,
  type Notification,
  Session,
} from '../../ts/shared/signalling/session.js';
import { waitUntil } from './wait.js';

type Accepting = { accept(port: Port, context?: unknown): void };

/** A client of a room that speaks the signalling by hand, and remembers what it is told. */
export class RoomClient {
  readonly port: Port;
  readonly session: ClientSession;
  told: Notification<FromServer>[] = [];
  rtpCapabilities: RtpCapabilities = {};

  constructor(port: Port) {
    this.port = port;
    this.session = new Session(port, { onNotification: (notification) => this.told.push(notification) });
  }

  static of(room: Accepting, context?: unknown): RoomClient {
    const [near, far] = createPortPair();
    room.accept(far, context);
    return new RoomClient(near);
  }

  /** With every codec of the room, unless told otherwise. */
  async join(
    name: string,
    extra: { appData?: unknown; spy?: boolean; rtpCapabilities?: RtpCapabilities } = {},
  ) {
    ({ rtpCapabilities: this.rtpCapabilities } = await this.session.request('queryRoom', {}));
    const { peers } = await this.session.request('join', {
      name,
      rtpCapabilities: this.rtpCapabilities,
      ...extra,
    });
    return peers;
  }

  /** What it was told by this method, in order. */
  heard<M extends ServerNotificationMethod>(method: M): ServerNotifications[M][] {
    return this.told
      .filter((told) => told.method === method)
      .map(({ data }) => data as ServerNotifications[M]);
  }

  /** The names of all that it was told since the last call. */
  news(): string[] {
    return this.told.splice(0).map(({ method }) => method);
  }

  async hear<M extends ServerNotificationMethod>(method: M): Promise<ServerNotifications[M]> {
    const seen = () => `${method}, only ${this.told.map((told) => told.method).join(', ')}`;
    await waitUntil(() => this.heard(method).length > 0, 5_000, seen);
    return this.heard(method)[0]!;
  }

  async enable(consumer: Pick<ConsumerData, 'id'>, transportId: string): Promise<EnabledConsumer> {
    const asked = { id: consumer.id, transportId };
    const { consumers } = await this.session.request('enableConsumers', { consumers: [asked] });
    return consumers[0]!;
  }
}

/** Until messages in memory, and what they cause, have arrived. */
export async function settle(): Promise<void> {
  for (let task = 0; task < 30; task++) await new Promise(setImmediate);
}
