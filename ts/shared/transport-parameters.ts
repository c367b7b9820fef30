/** ICE credentials of the server (RFC 8445). It is always the lite, controlled side. */
export type IceParameters = {
  usernameFragment: string;
  password: string;
  iceLite?: boolean;
};

/**
 * One address on which the server listens (RFC 8839, 5.1).
 *
 * @example
 * { foundation: 'udpcandidate', priority: 1076558079, address: '203.0.113.7', protocol: 'udp', port: 44444, type: 'host' }
 */
export type IceCandidate = {
  foundation: string;
  priority: number;
  /** IPv4, IPv6 or a host name. */
  address: string;
  /** The old name of `address`. */
  ip?: string;
  protocol: 'udp' | 'tcp';
  port: number;
  type: 'host';
  tcpType?: 'passive';
};

export type DtlsRole = 'auto' | 'client' | 'server';

export type DtlsFingerprint = {
  algorithm: 'sha-1' | 'sha-224' | 'sha-256' | 'sha-384' | 'sha-512';
  /** Upper-case hexadecimal pairs joined by colons. */
  value: string;
};

export type DtlsParameters = {
  /** Default 'auto'. */
  role?: DtlsRole;
  fingerprints: DtlsFingerprint[];
};
