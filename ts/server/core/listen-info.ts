import { isIP } from 'node:net';
import {
  asBoolean,
  asInteger,
  asList,
  asNonEmptyString,
  asObject,
  asOneOf,
  optional,
} from '../../shared/rtp/fields.js';

export type TransportProtocol = 'udp' | 'tcp';

/** Ports from which the first free one is taken. */
export type PortRange = { min: number; max: number };

export type TransportSocketFlags = {
  /** Default false. */
  ipv6Only?: boolean;
  /** Default false. */
  udpReusePort?: boolean;
};

/**
 * One address on which a transport listens. All transports of a worker that listen on the same one share its socket.
 *
 * @example
 * { protocol: 'udp', ip: '0.0.0.0', announcedAddress: '203.0.113.7', portRange: { min: 40000, max: 40100 } }
 */
export type TransportListenInfo = {
  protocol: TransportProtocol;
  /** IPv4 or IPv6. '0.0.0.0' and '::' without an announced address announce this machine's addresses. */
  ip: string;
  /** IPv4, IPv6 or host name under which clients reach it. */
  announcedAddress?: string;
  /** The old name of `announcedAddress`. */
  announcedIp?: string;
  /** Announce `ip` besides the announced address. Default false. */
  exposeInternalIp?: boolean;
  /** Default: one of `portRange`. */
  port?: number;
  /** Default: the worker's `rtcMinPort` and `rtcMaxPort`. It wins over `port`. */
  portRange?: PortRange;
  flags?: TransportSocketFlags;
  /** Bytes. Default: as much as the system allows. */
  sendBufferSize?: number;
  recvBufferSize?: number;
};

/** The old form of TransportListenInfo, without protocol and port. */
export type TransportListenIp = { ip: string; announcedIp?: string };

const MAX_PORT = 65535;
const MAX_BUFFER = 0x7fffffff;
/** RFC 1035, 2.3.4. */
const MAX_NAME = 255;
const MAX_INFOS = 64;

/** @throws TypeError naming the field */
export function readListenInfos(value: unknown, name = 'listenInfos'): TransportListenInfo[] {
  const infos = asList(value, name, MAX_INFOS, readListenInfo);
  if (infos.length === 0) throw new TypeError(`${name} must not be empty`);
  return infos;
}

/** @throws TypeError naming the field */
export function readListenInfo(value: unknown, name: string): TransportListenInfo {
  const info = asObject(value, name);
  return {
    protocol: asOneOf(info.protocol, `${name}.protocol`, ['udp', 'tcp']),
    ip: asIp(info.ip, `${name}.ip`),
    ...optional('announcedAddress', info.announcedAddress ?? info.announcedIp, (field) =>
      asNonEmptyString(field, `${name}.announcedAddress`, MAX_NAME),
    ),
    ...optional('exposeInternalIp', info.exposeInternalIp, (field) =>
      asBoolean(field, `${name}.exposeInternalIp`),
    ),
    ...optional('port', info.port, (field) => asInteger(field, `${name}.port`, 0, MAX_PORT)),
    ...optional('portRange', info.portRange, (field) => asPortRange(field, `${name}.portRange`)),
    ...optional('flags', info.flags, (field) => readFlags(field, `${name}.flags`)),
    ...optional('sendBufferSize', info.sendBufferSize, (field) =>
      asInteger(field, `${name}.sendBufferSize`, 0, MAX_BUFFER),
    ),
    ...optional('recvBufferSize', info.recvBufferSize, (field) =>
      asInteger(field, `${name}.recvBufferSize`, 0, MAX_BUFFER),
    ),
  };
}

/** The listen infos of the old form: each address once for every protocol. */
export function readListenIps(
  value: unknown,
  port: unknown,
  protocols: TransportProtocol[],
): TransportListenInfo[] {
  const ips = asList(value, 'listenIps', MAX_INFOS, (item, name) =>
    typeof item === 'string' ? { ip: asIp(item, name) } : asObject(item, name),
  );
  const infos = ips.flatMap((item) => protocols.map((protocol) => ({ ...item, port, protocol })));
  return readListenInfos(infos, 'listenIps');
}

/**
 * The UDP address of a transport that has just one: `listenInfo`, or of the old form `listenIp` and `port`.
 *
 * @throws TypeError naming the field
 */
export function readUdpListenInfo({
  listenInfo,
  listenIp,
  port,
}: Record<string, unknown>): TransportListenInfo {
  if ((listenInfo === undefined) === (listenIp === undefined)) {
    throw new TypeError('options must have exactly one of listenInfo, listenIp');
  }
  if (listenIp === undefined) return requireUdp(readListenInfo(listenInfo, 'listenInfo'), 'listenInfo');
  const old =
    typeof listenIp === 'string' ? { ip: asIp(listenIp, 'listenIp') } : asObject(listenIp, 'listenIp');
  return readListenInfo({ ...old, port, protocol: 'udp' }, 'listenIp');
}

/** @throws TypeError */
export function requireUdp(info: TransportListenInfo, name: string): TransportListenInfo {
  if (info.protocol !== 'udp') throw new TypeError(`${name}.protocol must be udp`);
  return info;
}

/** @throws TypeError unless 0 <= min <= max <= 65535 */
export function asPortRange(value: unknown, name: string): PortRange {
  const range = asObject(value, name);
  const min = asInteger(range.min, `${name}.min`, 0, MAX_PORT);
  return { min, max: asInteger(range.max, `${name}.max`, min, MAX_PORT) };
}

/** @throws TypeError */
export function asIp(value: unknown, name: string): string {
  if (typeof value !== 'string' || isIP(value) === 0) {
    throw new TypeError(`${name} must be an IPv4 or IPv6 address`);
  }
  return value;
}

function readFlags(value: unknown, name: string): TransportSocketFlags {
  const { ipv6Only, udpReusePort } = asObject(value, name);
  return {
    ...optional('ipv6Only', ipv6Only, (field) => asBoolean(field, `${name}.ipv6Only`)),
    ...optional('udpReusePort', udpReusePort, (field) => asBoolean(field, `${name}.udpReusePort`)),
  };
}
