import type { SrtpParameters as ChannelSrtpParameters } from '../../shared/channel/messages.gen.js';
import { asObject, asOneOf, asString } from '../../shared/rtp/fields.js';

/** By the names of RFC 7714, 14.2, and RFC 4568, 6.2. */
export type SrtpCryptoSuite =
  | 'AEAD_AES_256_GCM'
  | 'AEAD_AES_128_GCM'
  | 'AES_CM_128_HMAC_SHA1_80'
  | 'AES_CM_128_HMAC_SHA1_32';

/**
 * How one side encrypts what it sends.
 *
 * @example
 * { cryptoSuite: 'AES_CM_128_HMAC_SHA1_80', keyBase64: 'ZnQ3eWJraDg0d3ZoYzM5cXN1Y2pnaHU5NWxrZTVv' }
 */
export type SrtpParameters = {
  cryptoSuite: SrtpCryptoSuite;
  /** Master key and salt: 44, 28, 30 or 30 bytes, in the order of the suites above. */
  keyBase64: string;
};

type ChannelSuite = ChannelSrtpParameters['cryptoSuite'];

const SUITES: Record<SrtpCryptoSuite, { channel: ChannelSuite; keyLength: number }> = {
  AEAD_AES_256_GCM: { channel: 'aeadAes256Gcm', keyLength: 44 },
  AEAD_AES_128_GCM: { channel: 'aeadAes128Gcm', keyLength: 28 },
  AES_CM_128_HMAC_SHA1_80: { channel: 'aesCm128HmacSha180', keyLength: 30 },
  AES_CM_128_HMAC_SHA1_32: { channel: 'aesCm128HmacSha132', keyLength: 30 },
};
const NAMES = Object.keys(SUITES) as SrtpCryptoSuite[];
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const MAX_KEY = 64;

/** @throws TypeError naming the field */
export function readSrtpCryptoSuite(value: unknown, name: string): ChannelSuite {
  return SUITES[asOneOf(value, name, NAMES)].channel;
}

/** @throws TypeError naming the field */
export function readSrtpParameters(value: unknown, name: string): ChannelSrtpParameters {
  const { cryptoSuite, keyBase64 } = asObject(value, name);
  const suite = asOneOf(cryptoSuite, `${name}.cryptoSuite`, NAMES);
  const { channel, keyLength } = SUITES[suite];
  const text = asString(keyBase64, `${name}.keyBase64`, MAX_KEY);
  const key = Buffer.from(text, 'base64');
  if (!BASE64.test(text) || key.length !== keyLength) {
    throw new TypeError(`${name}.keyBase64 must be ${keyLength} bytes as Base64 for ${suite}`);
  }
  return { cryptoSuite: channel, key };
}

export function toSrtpParameters({ cryptoSuite, key }: ChannelSrtpParameters): SrtpParameters {
  const suite = NAMES.find((name) => SUITES[name].channel === cryptoSuite);
  return { cryptoSuite: suite!, keyBase64: Buffer.from(key).toString('base64') };
}
