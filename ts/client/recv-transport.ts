import { InvalidStateError } from '../shared/errors.js';
import type { MediaKind } from '../shared/rtp/rtp-parameters.js';
import { renderOffer } from '../shared/sdp/remote-sdp.js';
import {
  addConsumer,
  addDataChannels,
  afterExchange,
  closeConsumer,
  createRemoteSession,
  type RemoteSession,
  restartIce,
} from '../shared/sdp/remote-session.js';
import { fromErrorData } from '../shared/signalling/errors.js';
import type { EnableConsumer, EnabledConsumer, EnabledDataConsumer } from '../shared/signalling/messages.js';
import type { IceParameters } from '../shared/transport-parameters.js';
import { closed, openChannel } from './channels.js';
import { type Opened, Transport } from './transport.js';

/** What a RecvTransport receives: a consumer. */
export type Incoming = {
  readonly id: string;
  readonly kind: MediaKind;
  readonly closed: boolean;
  /** How it is to begin. From then on the server knows that it is wanted. */
  enable(): Omit<EnableConsumer, 'id' | 'transportId'>;
  /** The server will send it, as this says. */
  accepted(enabled: Enabled): void;
};

export type Enabled = Extract<EnabledConsumer, { ok: true }>;

/** A consumer that was accepted, and the receiver of its m-section. */
export type Received = { receiver: RTCRtpReceiver; enabled: Enabled };

type Batch = { incoming: Incoming[]; outcomes: Promise<Map<string, Received | Error>> };

/** Receives consumers. We offer for the server, and the browser answers. */
export class RecvTransport extends Transport {
  override readonly direction = 'recv';
  #session: RemoteSession | undefined;
  #batch?: Batch | undefined;
  readonly #mids = new Map<string, string>();
  readonly #dropped = new Set<string>();
  #dropping = false;
  /** By id. One that is closing keeps its id until it is closed. */
  readonly #channels = new Map<number, RTCDataChannel>();

  /** @internal All that are asked for until the command starts are one request and one exchange. */
  async receive(incoming: Incoming): Promise<Received> {
    this.#batch ??= this.#newBatch();
    const { incoming: all, outcomes } = this.#batch;
    all.push(incoming);
    const outcome = (await outcomes).get(incoming.id);
    if (outcome && !(outcome instanceof Error)) return outcome;
    throw outcome ?? new InvalidStateError(`consumer ${incoming.id} is closed`);
  }

  /** @internal It was closed. */
  drop({ id }: Incoming): void {
    this.#dropped.add(id);
    if (this.#dropping) return;
    this.#dropping = true;
    const dropped = this.run(async (opened) => {
      this.#dropping = false;
      if (this.#session && this.#hasDropped())
        await this.#exchange(opened, this.#withoutDropped(this.#session));
    });
    // If that fails, the transport is closed.
    dropped.catch(() => {});
  }

  /** @internal A channel for each of these data consumers, or why there is none. They may not be open yet. */
  async receiveData(ids: string[]): Promise<(Promise<RTCDataChannel> | Error)[]> {
    const { connection, consumers } = await this.run((opened) => this.#enableData(opened, ids));
    return consumers.map((enabled) =>
      enabled.ok ? this.#channel(connection, enabled.streamId) : fromErrorData(enabled.error),
    );
  }

  protected override forget(): void {
    this.#session = undefined;
    this.#batch = undefined;
    this.#mids.clear();
    this.#dropped.clear();
    this.#dropping = false;
    this.#channels.clear();
  }

  protected override async exchangeIce(opened: Opened, iceParameters: IceParameters): Promise<void> {
    const session = restartIce(await this.#current(opened), iceParameters);
    if (opened.connection.remoteDescription) await this.#exchange(opened, session);
    else this.#session = session;
  }

  #newBatch(): Batch {
    const incoming: Incoming[] = [];
    const outcomes = this.run((opened) => {
      this.#batch = undefined;
      return this.#enable(
        opened,
        incoming.filter(({ closed }) => !closed),
      );
    });
    return { incoming, outcomes };
  }

  async #enable(opened: Opened, incoming: Incoming[]): Promise<Map<string, Received | Error>> {
    if (incoming.length === 0) return new Map();
    const { id: transportId } = this;
    const consumers = incoming.map((each) => ({ ...each.enable(), id: each.id, transportId }));
    const asked = this.link.request('enableConsumers', { consumers });
    const [session, response] = await Promise.all([this.#current(opened), asked]);
    const accepted = response.consumers.filter((each): each is Enabled => each.ok);
    const open = incoming.filter(({ closed }) => !closed);
    const wanted = accepted.filter(({ id }) => open.some((each) => each.id === id));
    for (const each of open) {
      const enabled = wanted.find(({ id }) => id === each.id);
      if (enabled) each.accepted(enabled);
    }
    if (wanted.length > 0) await this.#add(opened, session, open, wanted);
    const outcomes = new Map<string, Received | Error>();
    for (const enabled of wanted) outcomes.set(enabled.id, received(opened, enabled));
    for (const each of response.consumers) if (!each.ok) outcomes.set(each.id, fromErrorData(each.error));
    return outcomes;
  }

  async #add(opened: Opened, session: RemoteSession, incoming: Incoming[], wanted: Enabled[]): Promise<void> {
    const kinds = new Map(incoming.map(({ id, kind }) => [id, kind]));
    const next = wanted.reduce(
      (before, { id, rtpParameters }) =>
        addConsumer(before, { kind: kinds.get(id)!, rtpParameters, trackId: id }),
      this.#withoutDropped(session),
    );
    await this.#exchange(opened, next);
    for (const { id, rtpParameters } of wanted) this.#mids.set(id, rtpParameters.mid ?? '');
    this.link.tell('startConsumers', { ids: wanted.map(({ id }) => id) });
  }

  async #current({ remote }: Opened): Promise<RemoteSession> {
    const transport = await remote;
    // SCTP begins with DTLS, so that channels must be possible from the beginning.
    this.#session ??= addDataChannels(createRemoteSession(transport));
    return this.#session;
  }

  async #enableData(opened: Opened, ids: string[]) {
    const consumers = ids.map((id) => ({ id, transportId: this.id }));
    const asked = this.link.request('enableDataConsumers', { consumers });
    const [session, response] = await Promise.all([this.#current(opened), asked]);
    if (!opened.connection.remoteDescription) await this.#exchange(opened, session);
    return { connection: opened.connection, consumers: response.consumers as EnabledDataConsumer[] };
  }

  async #channel(connection: RTCPeerConnection, id: number): Promise<RTCDataChannel> {
    const before = this.#channels.get(id);
    if (before) await closed(before);
    const channel = openChannel(connection, id, true);
    this.#channels.set(id, channel);
    return channel;
  }

  #hasDropped(): boolean {
    return [...this.#dropped].some((id) => this.#mids.has(id));
  }

  #withoutDropped(session: RemoteSession): RemoteSession {
    const mids = [...this.#dropped].flatMap((id) => this.#mids.get(id) ?? []);
    for (const id of this.#dropped) this.#mids.delete(id);
    this.#dropped.clear();
    return mids.reduce(closeConsumer, session);
  }

  async #exchange({ connection }: Opened, session: RemoteSession): Promise<void> {
    await connection.setRemoteDescription({ type: 'offer', sdp: renderOffer(session) });
    await connection.setLocalDescription();
    this.connect(connection);
    this.#session = afterExchange(session);
  }
}

function received({ connection }: Opened, enabled: Enabled): Received {
  const { mid } = enabled.rtpParameters;
  const { receiver } = connection.getTransceivers().find((transceiver) => transceiver.mid === mid)!;
  return { receiver, enabled };
}
