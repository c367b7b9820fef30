import dgram from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Link, type LinkTraits } from './link.js';
import { seededRandom } from './random.js';

export type UdpRelayOptions = {
  /** The server that stands behind the relay. */
  to: { address: string; port: number };
  /** From the clients to the server. */
  up?: Partial<LinkTraits>;
  /** From the server to the clients. */
  down?: Partial<LinkTraits>;
  seed: number;
  /** Client addresses served; datagrams of any further one are refused. */
  maxFlows?: number;
};

export type UdpRelay = {
  /** What clients send to, on 127.0.0.1. */
  port: number;
  up: Link;
  down: Link;
  /** Datagrams of clients beyond `maxFlows`. */
  refused(): number;
  close(): Promise<void>;
};

/** A lossy network on loopback, in front of a server's UDP port. Every client gets a port of its own towards the server. */
export async function udpRelay({ to, up, down, seed, maxFlows = 64 }: UdpRelayOptions): Promise<UdpRelay> {
  const upward = new Pipe(new Link(seededRandom(seed), up));
  const downward = new Pipe(new Link(seededRandom(seed + 1), down));
  const front = socketOnLoopback();
  const flows = new Map<string, dgram.Socket>();
  let refused = 0;

  const openFlow = (client: dgram.RemoteInfo): dgram.Socket => {
    const flow = socketOnLoopback();
    flow.on('message', (datagram, from) => {
      if (from.port !== to.port || from.address !== to.address) return;
      downward.carry(datagram, () => front.send(datagram, client.port, client.address));
    });
    return flow;
  };

  front.on('message', (datagram, client) => {
    const key = `${client.address}:${client.port}`;
    let flow = flows.get(key);
    if (!flow) {
      if (flows.size >= maxFlows) return void refused++;
      flow = openFlow(client);
      flows.set(key, flow);
    }
    const out = flow;
    upward.carry(datagram, () => out.send(datagram, to.port, to.address));
  });
  await once(front, 'listening');

  return {
    port: (front.address() as AddressInfo).port,
    up: upward.link,
    down: downward.link,
    refused: () => refused,
    async close() {
      upward.close();
      downward.close();
      const sockets = [front, ...flows.values()];
      flows.clear();
      await Promise.all(sockets.map(closed));
    },
  };
}

/** Holds datagrams back until their link says that they have arrived. */
class Pipe {
  readonly #waiting: { at: number; bytes: number; send: () => void }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #open = true;

  constructor(readonly link: Link) {}

  carry(datagram: Buffer, send: () => void): void {
    if (!this.#open) return;
    const at = this.link.arrival(datagram.length, performance.now());
    if (at === undefined) return;
    let place = this.#waiting.length;
    while (place > 0 && this.#waiting[place - 1]!.at > at) place--;
    this.#waiting.splice(place, 0, { at, bytes: datagram.length, send });
    this.#deliver();
  }

  close(): void {
    this.#open = false;
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
  }

  #deliver(): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    while (this.#waiting[0] && this.#waiting[0].at <= now) {
      const { bytes, send } = this.#waiting.shift()!;
      this.link.delivered(bytes);
      send();
    }
    if (this.#waiting[0]) this.#timer = setTimeout(() => this.#deliver(), this.#waiting[0].at - now);
  }
}

function socketOnLoopback(): dgram.Socket {
  const socket = dgram.createSocket('udp4');
  // A client that has gone answers with ICMP errors: for a network, that is a lost datagram.
  socket.on('error', () => {});
  socket.bind(0, '127.0.0.1');
  return socket;
}

async function closed(socket: dgram.Socket): Promise<void> {
  const done = once(socket, 'close');
  socket.close();
  await done;
}
