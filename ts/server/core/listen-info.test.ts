import { describe, expect, it } from '@jest/globals';
import { asPortRange, readListenInfos, readListenIps } from './listen-info.js';

const info = { protocol: 'udp', ip: '127.0.0.1' };

describe('readListenInfos', () => {
  it('takes the old name of announcedAddress, and leaves unknown fields out', () => {
    const all = {
      ...info,
      exposeInternalIp: true,
      port: 5,
      portRange: { min: 1, max: 2 },
      flags: { ipv6Only: true, udpReusePort: false },
      sendBufferSize: 1000,
      recvBufferSize: 2000,
    };

    expect(readListenInfos([{ ...info, announcedIp: 'sfu.example.org', more: 1 }, all])).toEqual([
      { ...info, announcedAddress: 'sfu.example.org' },
      all,
    ]);
  });

  it.each([
    ['no list', {}, 'listenInfos must be an array'],
    ['an empty list', [], 'listenInfos must not be empty'],
    ['no object', ['127.0.0.1'], 'listenInfos[0] must be an object'],
    ['no protocol', [{ ip: '::1' }], 'listenInfos[0].protocol must be one of udp, tcp'],
    [
      'a host name',
      [info, { ...info, ip: 'localhost' }],
      'listenInfos[1].ip must be an IPv4 or IPv6 address',
    ],
    ['no address', [{ protocol: 'udp' }], 'listenInfos[0].ip must be an IPv4 or IPv6 address'],
    [
      'an empty name',
      [{ ...info, announcedAddress: '' }],
      'listenInfos[0].announcedAddress must not be empty',
    ],
    [
      'a port above all',
      [{ ...info, port: 65536 }],
      'listenInfos[0].port must be an integer from 0 to 65535',
    ],
    [
      'a range that ends before it begins',
      [{ ...info, portRange: { min: 7, max: 6 } }],
      'listenInfos[0].portRange.max must be an integer from 7 to 65535',
    ],
    ['a bad flag', [{ ...info, flags: { ipv6Only: 1 } }], 'listenInfos[0].flags.ipv6Only must be a boolean'],
    [
      'a bad size',
      [{ ...info, sendBufferSize: -1 }],
      'listenInfos[0].sendBufferSize must be an integer from 0 to 2147483647',
    ],
    [
      'a bad switch',
      [{ ...info, exposeInternalIp: 'yes' }],
      'listenInfos[0].exposeInternalIp must be a boolean',
    ],
  ])('refuses %s by a TypeError', (_, value, message) => {
    expect(() => readListenInfos(value)).toThrow(new TypeError(message));
  });
});

describe('readListenIps', () => {
  it('makes one info of each address and protocol', () => {
    const announced = { ip: '::1', announcedIp: 'sfu.example.org' };

    expect(readListenIps(['127.0.0.1', announced], 5, ['udp', 'tcp'])).toEqual([
      { protocol: 'udp', ip: '127.0.0.1', port: 5 },
      { protocol: 'tcp', ip: '127.0.0.1', port: 5 },
      { protocol: 'udp', ip: '::1', announcedAddress: 'sfu.example.org', port: 5 },
      { protocol: 'tcp', ip: '::1', announcedAddress: 'sfu.example.org', port: 5 },
    ]);
  });

  it('names the field', () => {
    expect(() => readListenIps([7], undefined, ['udp'])).toThrow(
      new TypeError('listenIps[0] must be an object'),
    );
    expect(() => readListenIps(['x'], undefined, ['udp'])).toThrow(
      new TypeError('listenIps[0] must be an IPv4 or IPv6 address'),
    );
  });
});

describe('asPortRange', () => {
  it('takes one port, and all', () => {
    expect(asPortRange({ min: 5, max: 5 }, 'range')).toEqual({ min: 5, max: 5 });
    expect(asPortRange({ min: 0, max: 65535 }, 'range')).toEqual({ min: 0, max: 65535 });
  });
});
