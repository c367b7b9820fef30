import dgram from 'node:dgram';
import { once } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import { type UdpRelay, type UdpRelayOptions, udpRelay } from './relay.js';

type Endpoint = { socket: dgram.Socket; address: string; port: number };

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function endpoint(): Promise<Endpoint> {
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  open.push(socket);
  return { socket, address: '127.0.0.1', port: socket.address().port };
}

async function echoServer(): Promise<Endpoint> {
  const server = await endpoint();
  server.socket.on('message', (datagram, { port, address }) => server.socket.send(datagram, port, address));
  return server;
}

async function relayTo(to: Endpoint, options: Partial<UdpRelayOptions> = {}): Promise<UdpRelay> {
  const relay = await udpRelay({ to, seed: 1, ...options });
  open.push(relay);
  return relay;
}

async function reply({ socket }: Endpoint): Promise<string> {
  const [datagram] = (await once(socket, 'message')) as [Buffer];
  return datagram.toString();
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** Sends numbers one by one, each when the relay has seen the one before, and says which came back. */
async function survivors(relay: UdpRelay, client: Endpoint, count: number): Promise<number[]> {
  const back: number[] = [];
  let heard = (): void => {};
  client.socket.on('message', (datagram) => {
    back.push(Number(datagram.toString()));
    heard();
  });
  for (let number = 0; number < count; number++) {
    client.socket.send(String(number), relay.port, '127.0.0.1');
    await until(() => relay.up.counts.received > number);
  }
  await until(() => relay.down.counts.received === relay.up.counts.delivered);
  while (back.length < relay.down.counts.delivered) await new Promise<void>((resolve) => (heard = resolve));
  return back;
}

test('datagrams pass both ways', async () => {
  const [server, client] = [await echoServer(), await endpoint()];
  const relay = await relayTo(server);
  client.socket.send('hello', relay.port, '127.0.0.1');
  expect(await reply(client)).toBe('hello');
  expect(relay.up.counts).toEqual({ received: 1, lost: 0, overflowed: 0, delivered: 1, deliveredBytes: 5 });
  expect(relay.down.counts).toEqual(relay.up.counts);
});

test('each client gets its own replies', async () => {
  const server = await echoServer();
  const relay = await relayTo(server);
  const clients = [await endpoint(), await endpoint(), await endpoint()];
  const replies = clients.map(reply);
  for (const [index, { socket }] of clients.entries()) socket.send(`for ${index}`, relay.port, '127.0.0.1');
  expect(await Promise.all(replies)).toEqual(['for 0', 'for 1', 'for 2']);
});

test('about the asked share is lost in each direction, the same share for the same seed', async () => {
  const server = await echoServer();
  const run = async (seed: number): Promise<number[]> => {
    const relay = await relayTo(server, { seed, up: { loss: 0.2 }, down: { loss: 0.1 } });
    return survivors(relay, await endpoint(), 1000);
  };
  const first = await run(5);
  expect(first.length).toBeGreaterThan(670);
  expect(first.length).toBeLessThan(770);
  expect(await run(5)).toEqual(first);
  expect(await run(6)).not.toEqual(first);
});

test('a round trip takes both delays', async () => {
  const [server, client] = [await echoServer(), await endpoint()];
  const relay = await relayTo(server, { up: { delay: 60 }, down: { delay: 40 } });
  const start = performance.now();
  client.socket.send('late', relay.port, '127.0.0.1');
  await reply(client);
  const took = performance.now() - start;
  expect(took).toBeGreaterThanOrEqual(100);
  expect(took).toBeLessThan(300);
});

test('a link set while running changes the traffic', async () => {
  const [server, client] = [await echoServer(), await endpoint()];
  const relay = await relayTo(server);
  relay.up.set({ loss: 1 });
  client.socket.send('into the void', relay.port, '127.0.0.1');
  await until(() => relay.up.counts.lost === 1);
  relay.up.set({ loss: 0 });
  client.socket.send('heard', relay.port, '127.0.0.1');
  expect(await reply(client)).toBe('heard');
});

test('clients beyond the bound are refused', async () => {
  const [server, first, second] = [await echoServer(), await endpoint(), await endpoint()];
  const relay = await relayTo(server, { maxFlows: 1 });
  first.socket.send('in', relay.port, '127.0.0.1');
  expect(await reply(first)).toBe('in');
  second.socket.send('out', relay.port, '127.0.0.1');
  await until(() => relay.refused() === 1);
  first.socket.send('still in', relay.port, '127.0.0.1');
  expect(await reply(first)).toBe('still in');
});

test('what others than the server send to a flow is not passed on', async () => {
  const [server, stranger, client] = [await endpoint(), await endpoint(), await endpoint()];
  const relay = await relayTo(server);
  client.socket.send('hello', relay.port, '127.0.0.1');
  const [, flow] = (await once(server.socket, 'message')) as [Buffer, dgram.RemoteInfo];
  const heard = reply(client);
  stranger.socket.send('forged', flow.port, '127.0.0.1', () =>
    server.socket.send('true', flow.port, '127.0.0.1'),
  );
  expect(await heard).toBe('true');
});

test('a closed relay has freed its port and holds nothing back', async () => {
  const [server, client] = [await echoServer(), await endpoint()];
  const relay = await udpRelay({ to: server, seed: 1, up: { delay: 60_000 } });
  client.socket.send('never', relay.port, '127.0.0.1');
  await until(() => relay.up.counts.received === 1);
  await relay.close();
  const successor = dgram.createSocket('udp4').bind(relay.port, '127.0.0.1');
  open.push(successor);
  await once(successor, 'listening');
  expect(relay.up.counts.delivered).toBe(0);
});
