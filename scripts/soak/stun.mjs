// A connectivity check, as a client sends it that restarts ICE from another address (RFC 8445, 7.2; RFC 8489).
import { createHmac, randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { crc32 } from 'node:zlib';

const PATIENCE = 2_000;
const [BINDING_REQUEST, BINDING_SUCCESS] = [0x0001, 0x0101];
const [USERNAME, MESSAGE_INTEGRITY, PRIORITY, USE_CANDIDATE] = [0x0006, 0x0008, 0x0024, 0x0025];
const [FINGERPRINT, ICE_CONTROLLING] = [0x8028, 0x802a];

function attribute(type, value) {
  const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt16BE(value.length, 2);
  value.copy(bytes, 4);
  return bytes;
}

function word(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** The message with the length it has when an attribute of `size` bytes follows, which covers it so. */
function before(message, size) {
  message.writeUInt16BE(message.length - 20 + size, 2);
  return message;
}

function nomination({ usernameFragment, password }) {
  const header = Buffer.concat([Buffer.alloc(4), word(0x2112a442), randomBytes(12)]);
  header.writeUInt16BE(BINDING_REQUEST, 0);
  let message = Buffer.concat([
    header,
    attribute(USERNAME, Buffer.from(`${usernameFragment}:soak`)),
    attribute(PRIORITY, word(0x6e7f1eff)),
    attribute(ICE_CONTROLLING, randomBytes(8)),
    attribute(USE_CANDIDATE, Buffer.alloc(0)),
  ]);
  const tag = createHmac('sha1', password).update(before(message, 24)).digest();
  message = Buffer.concat([message, attribute(MESSAGE_INTEGRITY, tag)]);
  const sum = word(crc32(before(message, 8)) ^ 0x5354554e);
  return Buffer.concat([message, attribute(FINGERPRINT, sum)]);
}

/** Uses the credentials from a port that is closed again at once. Rejects if the server does not answer. */
export async function moveTo({ iceParameters, iceCandidates }) {
  const socket = dgram.createSocket('udp4');
  try {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    socket.send(nomination(iceParameters), iceCandidates[0].port, '127.0.0.1');
    const [answer] = await once(socket, 'message', { signal: AbortSignal.timeout(PATIENCE) });
    if (answer.readUInt16BE(0) !== BINDING_SUCCESS) throw new Error(`refused: ${answer.toString('hex')}`);
  } finally {
    socket.close();
  }
}
