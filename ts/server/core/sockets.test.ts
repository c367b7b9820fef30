import { networkInterfaces } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { ScriptedWorker, settled } from '../../../test/harness/scripted-worker.js';
import { Channel } from './channel.js';
import type { TransportListenInfo } from './listen-info.js';
import { Scope } from './scope.js';
import { Sockets } from './sockets.js';

const info: TransportListenInfo = { protocol: 'udp', ip: '127.0.0.1' };
const fixed = { ...info, port: 5004 };

function opened() {
  const script = new ScriptedWorker();
  const sockets = new Sockets(Scope.root(new Channel(script)), { min: 40000, max: 40100 });
  return { script, sockets };
}

describe('Sockets', () => {
  it('asks for a port of the range of the info, or of the worker, or for its own', async () => {
    const { script, sockets } = opened();

    await sockets.use([info, fixed, { ...fixed, portRange: { min: 7, max: 8 } }]);

    const asked = script.asked('listen').map(({ port, minPort, maxPort }) => [port, minPort, maxPort]);
    expect(asked).toEqual([
      [0, 40000, 40100],
      [5004, 0, 0],
      [0, 7, 8],
    ]);
  });

  it('passes on every option of the socket', async () => {
    const { script, sockets } = opened();

    await sockets.use([
      { ...fixed, flags: { ipv6Only: true, udpReusePort: true }, sendBufferSize: 1, recvBufferSize: 2 },
    ]);

    expect(script.asked('listen')).toEqual([
      {
        protocol: 'udp',
        ip: '127.0.0.1',
        port: 5004,
        minPort: 0,
        maxPort: 0,
        ipv6Only: true,
        reusePort: true,
        sendBufferSize: 1,
        receiveBufferSize: 2,
        exclusive: false,
      },
    ]);
  });

  it('shares one socket among all who want the same', async () => {
    const { script, sockets } = opened();

    const uses = await Promise.all([sockets.use([info]), sockets.use([{ ...info, announcedAddress: 'a' }])]);
    uses.push(await sockets.use([info]));

    expect(script.asked('listen')).toHaveLength(1);
    expect(uses.map(({ addresses }) => addresses[0]?.socket)).toEqual([1, 1, 1]);
  });

  it('closes a socket of a given port with its last user', async () => {
    const { script, sockets } = opened();
    const [one, two] = [await sockets.use([fixed]), await sockets.use([fixed])];

    one.release();
    expect(script.asked('unlisten')).toEqual([]);
    two.release();
    expect(script.asked('unlisten')).toEqual([{ socket: 1 }]);

    await sockets.use([fixed]);
    expect(script.asked('listen')).toHaveLength(2);
  });

  it('keeps a socket whose port came from a range', async () => {
    const { script, sockets } = opened();

    (await sockets.use([info])).release();
    await sockets.use([info]);

    expect(script.asked('unlisten')).toEqual([]);
    expect(script.asked('listen')).toHaveLength(1);
  });

  it('gives an exclusive user sockets that nobody shares, and closes them with it', async () => {
    const { script, sockets } = opened();

    const uses = [
      await sockets.use([info], { exclusive: true }),
      await sockets.use([info], { exclusive: true }),
      await sockets.use([info]),
    ];
    for (const { release } of uses) release();

    expect(script.asked('listen').map(({ exclusive }) => exclusive)).toEqual([true, true, false]);
    expect(uses.map(({ addresses }) => addresses[0]?.socket)).toEqual([1, 2, 3]);
    expect(script.asked('unlisten')).toEqual([{ socket: 1 }, { socket: 2 }]);
  });

  it('tells where its sockets are, whatever they announce', async () => {
    const { sockets } = opened();

    const { bound } = await sockets.use([{ ...fixed, announcedAddress: 'a', exposeInternalIp: true }]);

    expect(bound).toEqual([{ protocol: 'udp', ip: '127.0.0.1', port: 5004 }]);
  });

  it('opens all or none, and asks again later', async () => {
    const { script, sockets } = opened();
    const { listen } = script.answers;
    script.answers.listen = (body) =>
      body.ip === '::1' ? { code: 'error', message: 'address in use' } : (listen?.(body) ?? {});
    const infos = [fixed, { ...fixed, ip: '::1' }];

    await expect(sockets.use(infos)).rejects.toThrow('address in use');
    await settled();
    expect(script.asked('unlisten')).toEqual([{ socket: 1 }]);

    script.answers.listen = listen ?? (() => ({}));
    expect((await sockets.use(infos)).addresses).toHaveLength(2);
  });

  describe('announces', () => {
    const addressesOf = async (more: Partial<TransportListenInfo>) => {
      const { sockets } = opened();
      const { addresses } = await sockets.use([{ ...fixed, ...more }]);
      return addresses.map(({ address }) => address);
    };
    const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);

    it('the address itself', async () => {
      const { sockets } = opened();

      expect((await sockets.use([fixed])).addresses).toEqual([
        { socket: 1, protocol: 'udp', address: '127.0.0.1', port: 5004 },
      ]);
    });

    it('the announced one instead, or both', async () => {
      const announcedAddress = 'sfu.example.org';

      expect(await addressesOf({ announcedAddress })).toEqual([announcedAddress]);
      expect(await addressesOf({ announcedAddress, exposeInternalIp: true })).toEqual([
        announcedAddress,
        '127.0.0.1',
      ]);
    });

    it('the machine for the unspecified address', async () => {
      const addresses = await addressesOf({ ip: '0.0.0.0' });

      expect(addresses).not.toEqual([]);
      expect(addresses).not.toContain('0.0.0.0');
      for (const address of addresses) expect(all.map((other) => other.address)).toContain(address);
    });
  });
});
