// A conference on this machine: node examples/conference/server.mjs [--host] [--port 3000] [--announce address]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createServer, serveWebSocket } from '../../lib/server/index.js';

const usage = `node examples/conference/server.mjs [options]
  --port <number>       where the page is served (default 3000)
  --host                for other devices too: HTTPS on all addresses (browsers give the camera to secure pages only)
  --announce <address>  the address that other devices reach this machine at (default: that of a network interface)
  --cert <file> --key <file>  the certificate for --host (default: a self-signed one, made with the openssl command)`;

class UsageError extends Error {}

function readOptions() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '3000' },
      host: { type: 'boolean', default: false },
      announce: { type: 'string' },
      cert: { type: 'string' },
      key: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new UsageError('--port must be from 0 to 65535');
  if ((values.cert === undefined) !== (values.key === undefined)) {
    throw new UsageError('--cert and --key go together');
  }
  return { ...values, port };
}

/** This machine's address in the first network that is not its own loopback. */
function interfaceAddress() {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}

/** Self-signed: the browser asks once whether to trust it. */
function makeCertificate(address) {
  const folder = mkdtempSync(join(tmpdir(), 'conference-'));
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const name = /^[\d.]+$|:/.test(address) ? `IP:${address}` : `DNS:${address}`;
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const subject = ['-subj', '/CN=consomme', '-addext', `subjectAltName=DNS:localhost,${name}`];
  const files = ['-keyout', keyFile, '-out', certFile];
  try {
    const made = spawnSync('openssl', [
      'req',
      '-x509',
      '-nodes',
      '-days',
      '90',
      ...curve,
      ...subject,
      ...files,
    ]);
    if (made.status !== 0) throw new UsageError('--host needs the openssl command, or --cert and --key');
    return { key: readFileSync(keyFile), cert: readFileSync(certFile) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readCertificate({ cert, key, announced }) {
  return cert ? { cert: readFileSync(cert), key: readFileSync(key) } : makeCertificate(announced);
}

const page = (path) => new URL(path, import.meta.url);
const files = {
  '/': [page('public/index.html'), 'text/html'],
  '/app.js': [page('public/app.js'), 'text/javascript'],
  '/style.css': [page('public/style.css'), 'text/css'],
  '/consomme-client.js': [page('../../lib/client/consomme-client.js'), 'text/javascript'],
};

async function answer({ method, url }, response) {
  const { pathname } = new URL(url, 'http://localhost');
  const [file, type] = Object.hasOwn(files, pathname) ? files[pathname] : [];
  if (!file || method !== 'GET') return response.writeHead(404).end('Not found\n');
  response.setHeader('content-type', `${type}; charset=utf-8`);
  response.setHeader('cache-control', 'no-cache');
  return response.end(await readFile(file));
}

/** The room that the page asks for; the first who comes opens it. */
async function findRoom(server, url) {
  const id = new URL(url, 'http://localhost').searchParams.get('room') ?? '';
  return /^[\w-]{1,64}$/.test(id) ? server.openRoom(id) : undefined;
}

/** An empty room need not stay. */
function closeWhenEmpty(room) {
  room.on('newpeer', (peer) => {
    peer.on('close', () => setImmediate(() => room.peers.length === 0 && room.close()));
  });
}

/** For this machine alone, also the address of its network: Firefox does not use the loopback address. */
function mediaAddresses(announcedAddress) {
  const own = ['127.0.0.1', interfaceAddress()].filter(Boolean).map((ip) => ({ ip }));
  const addresses = announcedAddress ? [{ ip: '0.0.0.0', announcedAddress }] : own;
  return addresses.flatMap((address) => [
    { protocol: 'udp', ...address },
    { protocol: 'tcp', ...address },
  ]);
}

function listen(web, port, address) {
  return new Promise((resolve, reject) => {
    web.once('error', reject);
    web.listen(port, address, () => resolve(web.address().port));
  });
}

async function main() {
  const options = readOptions();
  if (options.help) return console.log(usage);
  const announced = options.announce ?? interfaceAddress() ?? '127.0.0.1';
  const ip = options.host ? '0.0.0.0' : '127.0.0.1';
  const web = options.host
    ? https.createServer(readCertificate({ ...options, announced }), answer)
    : http.createServer(answer);
  const port = await listen(web, options.port, ip);
  const server = await createServer({ listenInfos: mediaAddresses(options.host ? announced : undefined) });
  server.on('newroom', closeWhenEmpty);
  server.on('workerdied', (error) => console.error(`A worker died and is replaced: ${error.message}`));
  const find = async ({ url }) => {
    const room = await findRoom(server, url);
    return room && { room };
  };
  serveWebSocket(web, { find });
  console.log(options.host ? `https://${announced}:${port}/` : `http://localhost:${port}/`);
  stopOnSignal(server, web);
}

function stopOnSignal(server, web) {
  const stop = async () => {
    web.close();
    await server.close();
    web.closeAllConnections();
    process.exit();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

main().catch((error) => {
  const isOurs = error instanceof UsageError || error.code?.startsWith('ERR_PARSE_ARGS');
  console.error(isOurs ? `${error.message}\n\n${usage}` : error);
  process.exit(1);
});
