import { InvalidStateError } from '../shared/errors.js';
import type { NormalizedRtpParameters, RtpCodecCapability } from '../shared/rtp/rtp-parameters.js';
import { renderAnswer } from '../shared/sdp/remote-sdp.js';
import { type SendingParametersOptions, sendingParameters } from '../shared/sdp/sending-parameters.js';
import type { IceParameters } from '../shared/transport-parameters.js';
import { ChannelIds, openChannel } from './channels.js';
import type { Encoding } from './encodings.js';
import { type Opened, refused, Transport } from './transport.js';

/** What a SendTransport sends: a producer. */
export type Outgoing = {
  readonly id: string;
  readonly track: MediaStreamTrack;
  readonly closed: boolean;
  readonly encodings: Encoding[] | undefined;
  /** Undefined: the first of the room's that the browser has. */
  readonly codec: RtpCodecCapability | undefined;
  /** Tells the server what will be sent; rejects if it does not want that. */
  announce(rtpParameters: NormalizedRtpParameters): Promise<unknown>;
};

/** The m-section of a producer. */
type Section = { transceiver: RTCRtpTransceiver; rtpParameters: NormalizedRtpParameters };

/** Sends producers. The browser offers, and we answer for the server. */
export class SendTransport extends Transport {
  override readonly direction = 'send';
  readonly #sections = new Map<string, Section>();
  /** One for all tracks, so that receivers play them in sync. */
  readonly #stream = new MediaStream();
  #restarted: IceParameters | undefined;
  #channelIds = new ChannelIds();
  /** Nobody has taken it yet. */
  #firstChannel: RTCDataChannel | undefined;

  /** @internal */
  send(outgoing: Outgoing): Promise<Section> {
    return this.run(async (opened) => {
      if (outgoing.closed) refused(closedError(outgoing));
      const transceiver = await this.#transceiver(opened.connection, outgoing);
      const outcome = await this.#add(opened, transceiver, outgoing);
      if (outcome.section) return outcome.section;
      this.#sections.delete(outgoing.id);
      await this.#vacate(opened, transceiver);
      return refused(outcome.error);
    });
  }

  /** @internal Nothing happens unless it is sent. */
  replaceTrack({ id }: Outgoing, track: MediaStreamTrack): Promise<void> {
    return this.run(async () => {
      await this.#sections.get(id)?.transceiver.sender.replaceTrack(track).catch(refused);
    });
  }

  /** @internal It was closed. */
  drop({ id }: Outgoing): void {
    const dropped = this.run(async (opened) => {
      const section = this.#sections.get(id);
      this.#sections.delete(id);
      if (section) await this.#vacate(opened, section.transceiver);
    });
    // If that fails, the transport is closed.
    dropped.catch(() => {});
  }

  /** @internal It may not be open yet. */
  sendData(reliable: boolean): Promise<RTCDataChannel> {
    return this.run(async (opened) => {
      const channel = this.#takeChannel(opened.connection, reliable);
      if (!opened.connection.remoteDescription) await this.#exchange(opened, () => {});
      return channel;
    });
  }

  /** SCTP begins with DTLS, so that a channel must be there from the beginning. */
  protected override onConnection(connection: RTCPeerConnection): void {
    this.#firstChannel = openChannel(connection, this.#channelIds.take(), true);
  }

  protected override forget(): void {
    this.#sections.clear();
    this.#restarted = undefined;
    this.#channelIds = new ChannelIds();
    this.#firstChannel = undefined;
  }

  #takeChannel(connection: RTCPeerConnection, reliable: boolean): RTCDataChannel {
    const first = this.#firstChannel;
    if (reliable && first) {
      this.#firstChannel = undefined;
      return this.#watched(first);
    }
    try {
      return this.#watched(openChannel(connection, this.#channelIds.take(), reliable));
    } catch (error) {
      return refused(error);
    }
  }

  /** Once it is closed at both sides its id may be another's. */
  #watched(channel: RTCDataChannel): RTCDataChannel {
    const ids = this.#channelIds;
    channel.addEventListener('close', () => ids.free(channel.id!));
    return channel;
  }

  protected override async exchangeIce(opened: Opened, iceParameters: IceParameters): Promise<void> {
    this.#restarted = iceParameters;
    opened.connection.restartIce();
    await this.#exchange(opened, () => {});
  }

  async #transceiver(connection: RTCPeerConnection, outgoing: Outgoing): Promise<RTCRtpTransceiver> {
    const { track, encodings } = outgoing;
    const vacant = encodings ? undefined : vacantTransceiver(connection, track.kind);
    if (vacant) {
      await vacant.sender.replaceTrack(track);
      vacant.direction = 'sendonly';
      return vacant;
    }
    const init = { direction: 'sendonly' as const, streams: [this.#stream] };
    try {
      return addTransceiver(connection, track, { ...init, sendEncodings: encodings ?? [] });
    } catch (error) {
      return refused(error);
    }
  }

  /** Completes the exchange even if it is refused. */
  #add(opened: Opened, transceiver: RTCRtpTransceiver, outgoing: Outgoing) {
    return this.#exchange(opened, (offer) =>
      this.#announce(offer, transceiver, outgoing).then(
        (section) => ({ section, error: undefined }),
        (error: unknown) => ({ section: undefined, error }),
      ),
    );
  }

  async #announce(offer: string, transceiver: RTCRtpTransceiver, outgoing: Outgoing): Promise<Section> {
    if (outgoing.closed) throw closedError(outgoing);
    const { rtpCapabilities: routerRtpCapabilities } = this.link;
    const mid = transceiver.mid ?? '';
    const { codec } = outgoing;
    // As the browser took them: it may have left something out.
    const { encodings } = transceiver.sender.getParameters() as Pick<SendingParametersOptions, 'encodings'>;
    const options = {
      ...{ offer, mid, routerRtpCapabilities },
      ...(codec && { codec }),
      ...(outgoing.encodings && encodings && { encodings }),
    };
    const section = { transceiver, rtpParameters: sendingParameters(options) };
    this.#sections.set(outgoing.id, section);
    await outgoing.announce(section.rtpParameters);
    return section;
  }

  /** `onOffer` may add a section to what the answer receives. */
  async #exchange<T>({ connection, remote }: Opened, onOffer: (offer: string) => T): Promise<Awaited<T>> {
    await connection.setLocalDescription();
    const offer = connection.localDescription?.sdp ?? '';
    const transport = await remote;
    this.connect(connection);
    const outcome = onOffer(offer);
    const sending = [...this.#sections.values()].map(({ rtpParameters }) => rtpParameters);
    const server = { ...transport, ...(this.#restarted && { iceParameters: this.#restarted }) };
    await connection.setRemoteDescription({ type: 'answer', sdp: renderAnswer(server, offer, sending) });
    return await outcome;
  }

  /** The browser itself reuses the m-sections of stopped transceivers (RFC 8829, 5.2.2). */
  async #vacate(opened: Opened, transceiver: RTCRtpTransceiver): Promise<void> {
    await transceiver.sender.replaceTrack(null);
    if (transceiver === firstTransceiver(opened.connection)) transceiver.direction = 'inactive';
    else transceiver.stop();
    await this.#exchange(opened, () => {});
  }
}

/** Without scalability modes, if an encoder of this browser does not have them. */
function addTransceiver(
  connection: RTCPeerConnection,
  track: MediaStreamTrack,
  init: RTCRtpTransceiverInit & { sendEncodings: Encoding[] },
): RTCRtpTransceiver {
  try {
    return connection.addTransceiver(track, init);
  } catch (error) {
    const sendEncodings: Encoding[] = init.sendEncodings;
    if (!sendEncodings.some(({ scalabilityMode }) => scalabilityMode)) throw error;
    const plain = sendEncodings.map(({ scalabilityMode: _, ...encoding }) => encoding);
    return connection.addTransceiver(track, { ...init, sendEncodings: plain });
  }
}

/** It is never stopped: that would move the transport of the whole bundle (RFC 9143, 7.3.3). */
function firstTransceiver(connection: RTCPeerConnection): RTCRtpTransceiver | undefined {
  return connection.getTransceivers()[0];
}

function vacantTransceiver(connection: RTCPeerConnection, kind: string): RTCRtpTransceiver | undefined {
  const first = firstTransceiver(connection);
  if (first?.direction !== 'inactive' || first.receiver.track.kind !== kind) return undefined;
  return first.sender.getParameters().encodings.length > 1 ? undefined : first;
}

function closedError({ id }: Outgoing): Error {
  return new InvalidStateError(`${id} is closed`);
}
