// What the benchmark of calls plays: each is a name, what is in it, and a function of a stage that gives figures. All
// of them use the core API alone at the server's side.
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from './client.mjs';
import { residentMemory } from './stage.mjs';

const FRAME = 33_333;
const MAX_ROOMS = 100;
const SIMULCAST = [{ bitrate: 100_000 }, { bitrate: 300_000 }, { bitrate: 1_200_000 }];

/** A different moment of the frame for each, so that senders are not in step. */
const phaseOf = (i) => (i * 7919) % FRAME;

const all = (items, act) => Promise.all(items.map(act));

/** One sends, all others receive it. */
function fanOut(viewers, packets, feedback) {
  return async (stage) => {
    const room = await stage.newRoom();
    const speaker = await stage.speaker(room);
    const audience = await stage.join(room, viewers);
    const producer = await speaker.publishVideo({ encodings: [{ packets }], feedback: false });
    await all(audience, (viewer) => viewer.watch(producer, { feedback }));
    return { consumers: viewers, ...(await stage.measure()) };
  };
}

/** All send simulcast and a voice, all receive all: the speaker of the moment in full, the others small. */
function meeting(people) {
  return async (stage) => {
    const room = await stage.newRoom();
    const clients = await stage.join(room, people);
    const cameras = await all(clients, (client, i) =>
      client.publishVideo({ encodings: SIMULCAST, temporalLayers: 3, phase: phaseOf(i) }),
    );
    const voices = await all(clients, (client, i) => client.publishAudio({ phase: phaseOf(i) % 20_000 }));
    const watched = cameras.map(() => []);
    for (const [i, client] of clients.entries()) {
      const others = (_, sender) => sender !== i;
      await all(voices.filter(others), (voice) => client.watch(voice));
      await all(
        [...cameras.keys()].filter((sender) => sender !== i),
        async (sender) => {
          const consumer = await client.watch(cameras[sender]);
          watched[sender].push(consumer);
          await consumer.setPreferredLayers({ spatialLayer: sender === 0 ? 2 : 0 });
        },
      );
    }
    const speak = (sender, spatialLayer) =>
      all(watched[sender], (consumer) => consumer.setPreferredLayers({ spatialLayer }));
    const during = async () => {
      for (let speaker = 1; speaker <= 4; speaker++) {
        await sleep(1000);
        await Promise.all([speak((speaker - 1) % people, 0), speak(speaker % people, 2)]);
      }
    };
    const consumers = 2 * people * (people - 1);
    return { consumers, ...(await stage.measure({ settle: 4000, during })) };
  };
}

/** One sends a picture of 1.2 Mbit/s and a voice. */
function webinar(viewers) {
  return async (stage) => {
    const room = await stage.newRoom();
    const speaker = await stage.speaker(room);
    const audience = await stage.join(room, viewers);
    const camera = await speaker.publishVideo({ encodings: [{ bitrate: 1_200_000 }], temporalLayers: 3 });
    const voice = await speaker.publishAudio();
    for (const viewer of audience) await Promise.all([viewer.watch(camera), viewer.watch(voice)]);
    return { consumers: 2 * viewers, ...(await stage.measure({ settle: 4000 })) };
  };
}

/** So many people, of whom five speak. */
function voices(people) {
  return async (stage) => {
    const room = await stage.newRoom();
    const clients = await stage.join(room, people);
    const speakers = await all(clients.slice(0, 5), (client, i) => client.publishAudio({ phase: i * 3700 }));
    for (const [i, client] of clients.entries())
      await all(
        speakers.filter((_, speaker) => speaker !== i),
        (speaker) => client.watch(speaker),
      );
    return { consumers: 5 * (people - 1), ...(await stage.measure()) };
  };
}

/** A simulcast to all, each of whom takes another layer every half second. */
function switches(viewers) {
  return async (stage) => {
    const room = await stage.newRoom();
    const speaker = await stage.speaker(room);
    const audience = await stage.join(room, viewers);
    const camera = await speaker.publishVideo({ encodings: SIMULCAST, temporalLayers: 3 });
    const consumers = await all(audience, (viewer) => viewer.watch(camera));
    const during = async () => {
      for (let turn = 0; turn < 9; turn++) {
        await sleep(500);
        await all(consumers, (consumer, i) => consumer.setPreferredLayers({ spatialLayer: (i + turn) % 3 }));
      }
    };
    return { consumers: viewers, ...(await stage.measure({ settle: 4000, during })) };
  };
}

/** The generator alone: one of its transports dials another. */
async function loopback(stage) {
  const { studio, generator } = stage;
  const one = await Client.join(studio, generator.router);
  const producer = await one.publishVideo({ encodings: [{ packets: 3 }], feedback: false });
  await generator.check(await generator.router.createDirectTransport(), producer);
  return { consumers: 1, ...(await stage.measure()) };
}

/** Rooms with four senders and ten receivers are added until the server's load is about a half. */
async function halfLoad(stage) {
  for (let rooms = 1; ; rooms++) {
    const room = await stage.newRoom();
    const speakers = await stage.join(room, 4, stage.studio);
    const audience = await stage.join(room, 10);
    const cameras = await all(speakers, (client, i) =>
      client.publishVideo({ encodings: [{ packets: 3 }], phase: phaseOf(4 * rooms + i), feedback: false }),
    );
    for (const client of audience) await all(cameras, (camera) => client.watch(camera, { feedback: false }));
    const { load } = rooms % 8 === 0 ? await stage.measure({ settle: 200, span: 1000 }) : { load: 0 };
    if (load >= 0.48 || rooms === MAX_ROOMS) return { consumers: 40 * rooms, ...(await stage.measure()) };
  }
}

/** Clients join and leave during a call of 1 to 25: `perSecond` of them, or as many as can. */
function joins(perSecond) {
  return async (stage) => {
    const room = await stage.newRoom();
    const speaker = await stage.speaker(room);
    const audience = await stage.join(room, 25);
    const camera = await speaker.publishVideo({ encodings: [{ packets: 3 }], feedback: false });
    await all(audience, (viewer) => viewer.watch(camera, { feedback: false }));
    const quiet = await stage.measure();
    const herd = await stage.newRoom();
    let joined = 0;
    const comeAndGo = async () => {
      const client = await Client.join(stage.generator, herd);
      joined++;
      client.close();
    };
    const span = 5000;
    const during = () => (perSecond ? arrive(perSecond, span, comeAndGo) : crowd(32, span, comeAndGo));
    const busy = await stage.measure({ settle: 0, span, during });
    return {
      consumers: 25,
      joinsPerSecond: (joined * 1000) / span,
      /** If the server's processor did nothing else. */
      joinsPerCore: joined / ((busy.load - quiet.load) * (span / 1000)),
      quiet,
      ...busy,
    };
  };
}

/** Starts `act` so many times a second, however long each takes. */
async function arrive(perSecond, span, act) {
  const begun = performance.now();
  const acts = [];
  for (let due = 0; due < span; due += 1000 / perSecond) {
    await sleep(Math.max(0, begun + due - performance.now()));
    acts.push(act());
  }
  await Promise.all(acts);
}

/** Keeps so many of `act` going. */
async function crowd(size, span, act) {
  const until = performance.now() + span;
  const one = async () => {
    while (performance.now() < until) await act();
  };
  await Promise.all(Array.from({ length: size }, one));
}

/** Clients that are connected, and neither send nor receive. */
function idle(count) {
  return async (stage) => {
    const before = residentMemory(stage.server.pid);
    const room = await stage.newRoom();
    await stage.join(room, count);
    const figures = await stage.measure({ span: 10_000 });
    const bytes = residentMemory(stage.server.pid) - before;
    return { transports: count, bytesPerTransport: bytes / count, load: figures.load };
  };
}

/** Each scenario has a stage of its own. */
export const scenarios = [
  { name: 'loopback', title: 'the generator alone, one to one', run: loopback },
  { name: 'fan-out-1', title: '1 to 50, frames of 1 packet', run: fanOut(50, 1, false), burst: 1 },
  { name: 'fan-out-3', title: '1 to 50, frames of 3', run: fanOut(50, 3, false), burst: 3 },
  { name: 'fan-out-10', title: '1 to 50, frames of 10', run: fanOut(50, 10, false), burst: 10 },
  {
    name: 'fan-out-10-cc',
    title: '1 to 50, frames of 10, with adaptation',
    run: fanOut(50, 10, true),
    burst: 10,
  },
  { name: 'meeting-4', title: 'a meeting of 4', run: meeting(4) },
  { name: 'meeting-10', title: 'a meeting of 10', run: meeting(10) },
  { name: 'meeting-20', title: 'a meeting of 20', run: meeting(20) },
  { name: 'webinar', title: 'a webinar for 500', run: webinar(500), burst: 3 },
  { name: 'voices', title: 'audio alone, 100 people, 5 speak', run: voices(100), burst: 1 },
  { name: 'switches', title: 'simulcast to 50, who change layers', run: switches(50) },
  {
    name: 'half-load',
    title: 'rooms with 4 senders and 10 receivers, at half load',
    run: halfLoad,
    burst: 3,
  },
  { name: 'joins-300', title: '300 clients a second join and leave during a call', run: joins(300) },
  { name: 'joins', title: 'as many clients as can join and leave during a call', run: joins() },
  { name: 'idle', title: '1,000 idle transports', run: idle(1000) },
];
