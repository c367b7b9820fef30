import { type RoomOptions, Server, type ServerOptions } from '../../ts/server/rooms/server.js';
import { FakeWorker } from './fake-core.js';
import { RoomClient, settle } from './room-client.js';
import { opusParameters, simulcastParameters } from './rtp-options.js';

/** A server over imitated workers, which are kept in order of their start. */
export async function fakeServer(options: ServerOptions = {}) {
  const workers: FakeWorker[] = [];
  const createWorker = async () => {
    const worker = new FakeWorker();
    workers.push(worker);
    return worker;
  };
  const server = await Server.create({ numWorkers: 1, ...options }, createWorker);
  return { server, workers };
}

/** Alice sends audio 'a' and simulcast video 'v' on 't'; Bob, who came before, has a transport 'r' to receive on. */
export async function fakeCall(options: RoomOptions = {}) {
  const { server, workers } = await fakeServer();
  const room = await server.createRoom(options);
  const bob = RoomClient.of(room);
  await bob.join('bob');
  await bob.session.request('createTransport', { id: 'r', direction: 'recv' });
  const alice = RoomClient.of(room);
  await alice.join('alice', { appData: 'A' });
  await alice.session.request('createTransport', { id: 't', direction: 'send' });
  await produce(alice, 'a', 'audio');
  await produce(alice, 'v', 'video');
  await settle();
  const peers = { alice: room.getPeerByName('alice')!, bob: room.getPeerByName('bob')! };
  const [audio, video] = peers.bob.consumers as [
    (typeof peers.bob.consumers)[0],
    (typeof peers.bob.consumers)[0],
  ];
  const router = workers[0]!.routers[0]!;
  return { server, worker: workers[0]!, router, room, alice, bob, peers, audio, video };
}

export function produce(client: RoomClient, id: string, kind: 'audio' | 'video', transportId = 't') {
  const rtpParameters = kind === 'audio' ? opusParameters() : simulcastParameters();
  return client.session.request('createProducer', {
    id,
    transportId,
    kind,
    rtpParameters,
    appData: `of ${id}`,
  });
}
