// A worker seen from below the core API: which requests are in flight, what it holds, which descriptors are open.
import { existsSync, readdirSync } from 'node:fs';

/** Counts the requests in flight on all channels, from now on. */
export function watchChannels(Channel) {
  const { request } = Channel.prototype;
  const watch = { inFlight: 0, latest: undefined };
  Channel.prototype.request = async function (method, body) {
    watch.inFlight++;
    watch.latest = this;
    try {
      return await request.call(this, method, body);
    } finally {
      watch.inFlight--;
    }
  };
  return watch;
}

/** Starts a worker, with a way to ask it for what its API does not show. */
export async function startWatched(core, Control, watch, settings) {
  const worker = await core.createWorker(settings);
  const channel = watch.latest;
  const control = new Control(
    (method, body) => channel.request(method, body),
    (method, body) => channel.post(method, body),
  );
  return { worker, control };
}

/** How many objects of each kind the worker holds, whether the controller knows them or not. */
export async function countsOf(control) {
  const { routers, packetsInUse } = await control.dumpWorker({});
  const routerDumps = await Promise.all(routers.map((router) => control.dumpRouter({ router })));
  const transports = routerDumps.flatMap((dump) => dump.transports);
  const dumps = await Promise.all(transports.map((transport) => control.dumpTransport({ transport })));
  const count = (of, what) => of.reduce((sum, dump) => sum + dump[what].length, 0);
  return {
    routers: routers.length,
    transports: transports.length,
    producers: count(dumps, 'producers'),
    consumers: count(dumps, 'consumers'),
    dataProducers: count(dumps, 'dataProducers'),
    dataConsumers: count(dumps, 'dataConsumers'),
    rtpObservers: count(routerDumps, 'rtpObservers'),
    packetsInUse,
  };
}

const hasProc = existsSync('/proc/self/fd');

/** Of a process; undefined where the system does not tell. */
export function descriptorsOf(pid) {
  return hasProc ? readdirSync(`/proc/${pid}/fd`).length : undefined;
}
