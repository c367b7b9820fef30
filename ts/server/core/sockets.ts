import { networkInterfaces } from 'node:os';
import type { Listen, ListenAddress, Listening } from '../../shared/channel/messages.gen.js';
import type { PortRange, TransportListenInfo, TransportProtocol } from './listen-info.js';
import type { Scope } from './scope.js';

type Socket = { listening: Promise<Listening>; users: number };

/** Where a socket listens. */
export type Bound = { protocol: TransportProtocol; ip: string; port: number };

/** The sockets of one user, and the addresses under which they are reached, until it releases them. */
export type Use = { addresses: ListenAddress[]; bound: Bound[]; release: () => void };

/**
 * The worker's listening sockets. Everything that listens on the same address, with the same port and options, shares
 * one, but for exclusive users. A socket on a port of its own closes with its last user; a shared one whose port came
 * from a range stays as long as the worker, so that ports do not change as transports come and go.
 */
export class Sockets {
  readonly #worker: Scope;
  readonly #defaultRange: PortRange;
  readonly #sockets = new Map<string, Socket>();

  constructor(worker: Scope, defaultRange: PortRange) {
    this.#worker = worker;
    this.#defaultRange = defaultRange;
  }

  /** All of them, or none. Exclusive: they are nobody else's. */
  async use(infos: TransportListenInfo[], { exclusive = false } = {}): Promise<Use> {
    const uses = await Promise.allSettled(infos.map((info) => this.#useOne(info, exclusive)));
    const done = uses.flatMap((use) => (use.status === 'fulfilled' ? [use.value] : []));
    const release = () => {
      for (const use of done) use.release();
    };
    const failed = uses.find((use) => use.status === 'rejected');
    if (!failed) {
      return {
        addresses: done.flatMap(({ addresses }) => addresses),
        bound: done.flatMap(({ bound }) => bound),
        release,
      };
    }
    release();
    throw failed.reason;
  }

  async #useOne(info: TransportListenInfo, exclusive: boolean): Promise<Use> {
    const { protocol, ip } = info;
    const request = toListen(info, this.#defaultRange, exclusive);
    const key = JSON.stringify(request);
    const socket = (exclusive ? undefined : this.#sockets.get(key)) ?? this.#listen(key, request);
    socket.users++;
    const { socket: number, port } = await socket.listening;
    return {
      addresses: addressesOf(info).map((address) => ({
        socket: number,
        protocol,
        address,
        port,
      })),
      bound: [{ protocol, ip, port }],
      release: () => this.#release(key, socket, number, exclusive || request.port !== 0),
    };
  }

  #listen(key: string, request: Listen): Socket {
    const socket = { listening: this.#worker.control.listen(request), users: 0 };
    this.#sockets.set(key, socket);
    socket.listening.catch(() => this.#sockets.delete(key));
    return socket;
  }

  #release(key: string, socket: Socket, number: number, closes: boolean): void {
    if (--socket.users > 0 || !closes) return;
    this.#sockets.delete(key);
    // A worker that is gone has closed it too.
    this.#worker.control.unlisten({ socket: number }).catch(() => {});
  }
}

function toListen(info: TransportListenInfo, defaultRange: PortRange, exclusive: boolean): Listen {
  const isRange = info.portRange !== undefined && info.portRange.max > 0;
  const port = isRange ? 0 : (info.port ?? 0);
  const range = isRange ? info.portRange : defaultRange;
  return {
    protocol: info.protocol,
    ip: info.ip,
    port,
    minPort: port === 0 ? (range?.min ?? 0) : 0,
    maxPort: port === 0 ? (range?.max ?? 0) : 0,
    ipv6Only: info.flags?.ipv6Only ?? false,
    reusePort: info.flags?.udpReusePort ?? false,
    sendBufferSize: info.sendBufferSize ?? 0,
    receiveBufferSize: info.recvBufferSize ?? 0,
    exclusive,
  };
}

function addressesOf({ ip, announcedAddress, exposeInternalIp = false }: TransportListenInfo): string[] {
  if (announcedAddress === undefined) return machineAddresses(ip);
  return exposeInternalIp ? [announcedAddress, ...machineAddresses(ip)] : [announcedAddress];
}

/** `ip`, or what it stands for: this machine's addresses, and the loopback one if there is no other. */
function machineAddresses(ip: string): string[] {
  if (ip !== '0.0.0.0' && ip !== '::') return [ip];
  const family = ip === '::' ? 'IPv6' : 'IPv4';
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const usable = all.filter((other) => other.family === family && !other.scopeid);
  const outer = usable.filter(({ internal }) => !internal);
  return (outer.length > 0 ? outer : usable).map(({ address }) => address);
}
