import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import protobuf from 'protobufjs';
import * as messages from './messages.gen.js';
import { Reader, Writer } from './wire.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

const produce: messages.Produce = {
  transport: 7,
  producer: 300,
  kind: 'video',
  rtpParameters: {
    mid: '0',
    codecs: [
      {
        mimeType: 'video/H264',
        payloadType: 102,
        clockRate: 90000,
        parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f' },
        rtcpFeedback: [
          { type: 'nack', parameter: '' },
          { type: 'nack', parameter: 'pli' },
        ],
      },
    ],
    headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 1 }],
    encodings: [{ ssrc: 4294967295, rtx: { ssrc: 2 }, maxBitrate: 0 }],
    rtcp: { cname: 'ü€😀', reducedSize: true },
  },
  paused: true,
  keyFrameRequestDelay: 1000,
  packetIds: false,
};
const stats: messages.StreamStats = {
  type: 'outboundRtp',
  ssrc: 1,
  kind: 'audio',
  mimeType: '',
  packetCount: 2 ** 53 - 1,
  byteCount: 2 ** 32,
  bitrate: 128,
  packetsLost: -3,
  fractionLost: 255,
  jitter: -0.125,
  packetsDiscarded: 0,
  packetsRetransmitted: 0,
  packetsRepaired: 0,
  rtxPacketsDiscarded: 0,
  nackCount: 0,
  nackPacketCount: 0,
  pliCount: 0,
  firCount: 0,
  roundTripTime: 0,
  score: 10,
  bitrateByLayer: { '0.0': '100', '1.0': '' },
};
const event: messages.Frame = {
  kind: { type: 'event', target: 5, body: { type: 'dtlsStateChange', state: 'failed', reason: '' } },
};
const request: messages.Frame = {
  kind: { type: 'request', id: 1, method: 200, body: new Uint8Array([0, 255]) },
};

// The same bytes as in worker/core/channel/wire_test.cpp.
const kProduce =
  '080710ac02180122a7010a0130125c0a0a766964656f2f4832363410661890bf052a170a127061636b6574697a6174696f6e' +
  '2d6d6f64651201312a1a0a1070726f66696c652d6c6576656c2d6964120634326530316632060a046e61636b320b0a046e61' +
  '636b1203706c691a270a2375726e3a696574663a706172616d733a7274702d6864726578743a736465733a6d69641001220c' +
  '08ffffffff0f2202080238002a0d0a09c3bce282acf09f98801001300138e807';
const kStats =
  '0801100138ffffffffffffff0f40808080801048800150fdffffffffffffffff0158ff0161000000000000c0bfa101000000' +
  '0000000000a8010ab2010a0a03302e301203313030b201070a03312e301200';
const kEvent = '1a0808052a0408031a00';
const kRequest = '0a09080110c8011a0200ff';

/** What protobufjs makes of the same message. It writes defaults that are given, so they are left out here. */
function reference(name: string, message: object): string {
  const root = new protobuf.Root();
  const folder = new URL('../../../worker/protocol/', import.meta.url).pathname;
  for (const file of readdirSync(folder)) protobuf.parse(readFileSync(folder + file, 'utf8'), root);
  const type = root.lookupType(`sfu.channel.${name}`);
  return hex(type.encode(type.fromObject(message)).finish());
}

describe('wire', () => {
  it.each([
    ['Produce', kProduce, hex(messages.encodeProduce(produce))],
    ['StreamStats', kStats, hex(messages.encodeStreamStats(stats))],
    ['Event', kEvent, hex(messages.encodeFrame(event))],
    ['Request', kRequest, hex(messages.encodeFrame(request))],
  ])('writes the bytes of the shared vector: %s', (_, expected, actual) => {
    expect(actual).toBe(expected);
  });

  it('reads back what it wrote', () => {
    const text = produce.rtpParameters?.codecs[0]?.parameters as Record<string, string | number>;
    expect(messages.decodeStreamStats(fromHex(kStats))).toEqual(stats);
    expect(messages.decodeFrame(fromHex(kEvent))).toEqual(event);
    expect(messages.decodeFrame(fromHex(kRequest))).toEqual(request);
    text['packetization-mode'] = '1';
    expect(messages.decodeProduce(fromHex(kProduce))).toEqual(produce);
    text['packetization-mode'] = 1;
  });

  it('agrees with protobufjs on packed lists, long texts and bytes', () => {
    const dump = {
      routers: [0, 1, 127, 128, 4294967295],
      drops: [],
      srtpBackend: 'é'.repeat(10000),
      packetsInUse: 9,
    };
    const { drops: _, ...given } = dump;
    expect(hex(messages.encodeWorkerDump(dump))).toBe(reference('WorkerDump', given));
    expect(messages.decodeWorkerDump(messages.encodeWorkerDump(dump))).toEqual(dump);
    const body = new Uint8Array(3_000_000).fill(7);
    expect(hex(messages.encodeFrame({ kind: { type: 'reply', id: 1, body } }))).toBe(
      reference('Frame', { reply: { id: 1, body } }),
    );
  });

  it('keeps defaults off the wire and optional defaults on it', () => {
    expect(hex(messages.encodeCreateRouter({ router: 0 }))).toBe('');
    expect(messages.decodeCreateRouter(new Uint8Array())).toEqual({ router: 0 });
    expect(hex(messages.encodeRtcpParameters({ reducedSize: false }))).toBe('1000');
    expect(messages.decodeRtcpParameters(fromHex('1000'))).toEqual({ reducedSize: false });
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 32, '1', undefined])(
    'refuses %p for a uint32, naming the field',
    (router) => {
      expect(() => messages.encodeCreateRouter({ router: router as number })).toThrow(
        new TypeError('CreateRouter.router must be an integer from 0 to 4294967295'),
      );
    },
  );

  it.each([
    [{ packetCount: -1 }, 'StreamStats.packetCount'],
    [{ packetCount: 2 ** 53 }, 'StreamStats.packetCount'],
    [{ packetsLost: 0.5 }, 'StreamStats.packetsLost'],
    [{ jitter: '1' }, 'StreamStats.jitter'],
    [{ mimeType: 1 }, 'StreamStats.mimeType'],
    [{ kind: 'smell' }, 'StreamStats.kind'],
    [{ bitrateByLayer: { x: null } }, 'StreamStats.bitrateByLayer.x'],
  ])('refuses %p with a TypeError', (wrong, name) => {
    const encode = () => messages.encodeStreamStats({ ...stats, ...wrong } as messages.StreamStats);
    expect(encode).toThrow(TypeError);
    expect(encode).toThrow(name);
  });

  it('refuses a request that is cut anywhere but between two fields', () => {
    const whole = fromHex(kStats);
    for (let size = 0; size < whole.length; ++size) {
      let cut: messages.StreamStats | undefined;
      try {
        cut = messages.decodeStreamStats(whole.subarray(0, size));
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        continue;
      }
      expect(kStats.startsWith(hex(messages.encodeStreamStats(cut)))).toBe(true);
    }
    expect(() => messages.decodeFrame(fromHex(kEvent).subarray(0, 9))).toThrow(RangeError);
  });

  it('skips fields that it does not know, and fields of another wire type', () => {
    const unknown = 'f83f01' + 'f93f0102030405060708' + 'fa3f0261' + '62' + 'fd3f01020304' + '0a0178';
    expect(messages.decodeCreateRouter(fromHex(`${unknown}0809`))).toEqual({ router: 9 });
  });

  it.each([
    ['a length beyond the end', '1a05080512'],
    ['a length beyond the outer message', '0a0308011a0500000000'],
    ['a varint of eleven bytes', '08ffffffffffffffffffff01'],
    ['a varint beyond 64 bits', '08ffffffffffffffffff02'],
    ['the field number 0', '0001'],
    ['a group', '0b'],
    ['an unfinished tag', '80'],
  ])('refuses %s', (_, text) => {
    expect(() => messages.decodeFrame(fromHex(text))).toThrow(RangeError);
  });

  it('refuses numbers that do not fit and values that an enum does not have', () => {
    expect(() => messages.decodeCreateRouter(fromHex('088080808010'))).toThrow(RangeError);
    expect(() => messages.decodeSetLogLevel(fromHex('0804'))).toThrow(RangeError);
    expect(() => messages.decodePreferredLayers(fromHex('0a02'))).toThrow(RangeError);
    expect(() => messages.decodeDropCount(fromHex('1080808080808080c000'))).toThrow(RangeError);
  });

  it('reads lists packed and one by one', () => {
    const routers = [5, 300];
    expect(messages.decodeRouterDump(fromHex('0a0305ac02')).transports).toEqual(routers);
    expect(messages.decodeRouterDump(fromHex('080508ac02')).transports).toEqual(routers);
  });

  it.each([0, 1, -1, 2 ** 31 - 1, -(2 ** 31)])('carries the int32 %d', (value) => {
    const writer = new Writer();
    writer.int32(value, 'value');
    expect(new Reader(writer.finish()).int32()).toBe(value);
  });

  it.each([0, 1, -1, 2 ** 32, -(2 ** 32), 2 ** 53 - 1, -(2 ** 53 - 1)])('carries the int64 %d', (value) => {
    const writer = new Writer();
    writer.int64(value, 'value');
    expect(new Reader(writer.finish()).int64()).toBe(value);
  });

  it('refuses messages nested too deep', () => {
    const dive = (r: Reader): void => {
      if (r.next() !== 0) r.nested(() => dive(r));
    };
    let bytes = new Uint8Array();
    const nest = () => {
      bytes = new Uint8Array([10, bytes.length, ...bytes]);
    };
    for (let depth = 0; depth < 16; ++depth) nest();
    dive(new Reader(bytes));
    nest();
    expect(() => dive(new Reader(bytes))).toThrow(RangeError);
  });

  it('refuses a flood of list elements', () => {
    const flood = new Uint8Array(2 ** 20 + 5).fill(1);
    flood.set([0x0a, 0x81, 0x80, 0x40]);
    expect(() => messages.decodeRouterDump(flood)).toThrow(RangeError);
  });
});

describe('Control', () => {
  const methods = Object.getOwnPropertyNames(messages.Control.prototype).slice(1);

  it('sends the number of the method with the encoded request, and decodes the response', async () => {
    const control = new messages.Control(
      async (method, body) => {
        expect([methods[method], hex(body)]).toEqual(['createRouter', '0809']);
        return fromHex('');
      },
      () => {},
    );
    expect(await control.createRouter({ router: 9 })).toEqual({});
  });

  it('posts what is not answered', () => {
    const posted: unknown[] = [];
    const control = new messages.Control(
      () => Promise.reject(new Error('not called')),
      (method, body) => posted.push([methods[method], hex(body)]),
    );

    control.sendRtcp({ transport: 9, packet: fromHex('80c8') });

    expect(posted).toEqual([['sendRtcp', '0809120280c8']]);
  });

  it('rejects with a TypeError when a field is wrong', async () => {
    const control = new messages.Control(
      () => Promise.reject(new Error('not sent')),
      () => {},
    );
    await expect(control.createRouter({ router: -1 })).rejects.toThrow(TypeError);
  });
});
