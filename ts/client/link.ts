import type { RtpCapabilities } from '../shared/rtp/rtp-parameters.js';
import type { ClientRequestMethod, ClientRequests } from '../shared/signalling/messages.js';
import type { ClientSession } from '../shared/signalling/session.js';

type LinkParts = {
  session: ClientSession;
  /** What the room can carry. */
  rtpCapabilities: RtpCapabilities;
  configuration: RTCConfiguration;
};

/** What everything in a joined room shares: the way to the server, what the room can carry, and ids. */
export class Link {
  readonly session: ClientSession;
  readonly rtpCapabilities: RtpCapabilities;
  readonly configuration: RTCConfiguration;
  #lastId = 0;

  constructor({ session, rtpCapabilities, configuration }: LinkParts) {
    this.session = session;
    this.rtpCapabilities = rtpCapabilities;
    this.configuration = configuration;
  }

  request<M extends ClientRequestMethod>(
    method: M,
    data: ClientRequests[M]['data'],
  ): Promise<ClientRequests[M]['response']> {
    return this.session.request(method, data);
  }

  /** A request whose outcome nobody waits for: it fails only if what it names, or the port, is closed by now. */
  tell<M extends ClientRequestMethod>(method: M, data: ClientRequests[M]['data']): void {
    this.request(method, data).catch(() => {});
  }

  nextId(what: string): string {
    this.#lastId += 1;
    return `${what}-${this.#lastId}`;
  }
}
