import {
  createServer,
  type Room,
  type Server,
  type ServerOptions,
  serveWebSocket,
} from '../../ts/server/index.js';
import { bundle, mediaScript, pageOf, serve } from './web.js';

export type Conference = {
  server: Server;
  room: Room;
  /** A page with the globals `media` and `participant`. */
  page: string;
  /** The Room's WebSocket. */
  socket: string;
  close(): Promise<void>;
};

/** Rooms on workers on loopback, with a page for participants and the signalling for it. */
export async function startConference(options: ServerOptions = {}): Promise<Conference> {
  const server = await createServer({
    numWorkers: 1,
    listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
    ...options,
  });
  const room = await server.createRoom({ policy: () => true });
  const web = await serve({
    '/': pageOf('/media.js', '/participant.js'),
    '/media.js': await mediaScript(),
    '/participant.js': await bundle(new URL('./participant.ts', import.meta.url), 'participant'),
  });
  const service = serveWebSocket(web.server, { find: () => ({ room }), pingInterval: 1000 });
  return {
    server,
    room,
    page: web.url,
    socket: `${web.url.replace('http', 'ws')}rooms`,
    async close() {
      service.close();
      await server.close();
      await web.close();
    },
  };
}
