import { describe, expect, it } from '@jest/globals';
import { mediaCodecs, opusParameters } from '../../../test/harness/rtp-options.js';
import { scriptedWorker, settled } from '../../../test/harness/scripted-worker.js';
import { InvalidStateError, WorkerClosedError } from '../../shared/errors.js';

const listenInfos = [{ protocol: 'udp' as const, ip: '127.0.0.1' }];

/** A router with two transports: `sending` has a producer, and each a consumer of it. All events are heard. */
async function conference() {
  const { worker, script, exit } = scriptedWorker();
  const router = await worker.createRouter({ mediaCodecs });
  const sending = await router.createWebRtcTransport({ listenInfos });
  const receiving = await router.createWebRtcTransport({ listenInfos });
  const producer = await sending.produce({ kind: 'audio', rtpParameters: opusParameters() });
  const options = { producerId: producer.id, rtpCapabilities: router.rtpCapabilities };
  const consumer = await receiving.consume(options);
  const ownConsumer = await sending.consume(options);
  const objects = { router, sending, receiving, producer, consumer, ownConsumer };

  const events: string[] = [];
  for (const [name, object] of Object.entries(objects)) {
    for (const event of ['workerclose', 'routerclose', 'transportclose', 'producerclose'] as const) {
      (object as typeof consumer).on(event as 'transportclose', () => events.push(`${name} ${event}`));
    }
    (object as typeof consumer).observer.on('close', () => events.push(`${name} observer close`));
  }
  worker.on('died', () => events.push('worker died'));
  worker.observer.on('close', () => events.push('worker observer close'));
  const closed = () =>
    Object.entries(objects)
      .filter(([, object]) => object.closed)
      .map(([name]) => name);
  return { worker, script, exit, ...objects, events, closed };
}

const below = {
  router: [
    'producer transportclose',
    'producer observer close',
    'ownConsumer transportclose',
    'ownConsumer observer close',
    'sending routerclose',
    'sending observer close',
    'consumer transportclose',
    'consumer observer close',
    'receiving routerclose',
    'receiving observer close',
  ],
};

describe('closing', () => {
  it('a consumer closes nothing else', async () => {
    const { consumer, script, events, closed } = await conference();

    consumer.close();

    expect(closed()).toEqual(['consumer']);
    expect(events).toEqual(['consumer observer close']);
    expect(script.asked('closeConsumer')).toHaveLength(1);
  });

  it('a producer closes its consumers, on all transports, with producerclose', async () => {
    const { producer, script, events, closed, router } = await conference();

    producer.close();

    expect(closed()).toEqual(['producer', 'consumer', 'ownConsumer']);
    expect(events).toEqual([
      'producer observer close',
      'consumer producerclose',
      'consumer observer close',
      'ownConsumer producerclose',
      'ownConsumer observer close',
    ]);
    expect(script.asked('closeConsumer')).toEqual([]);
    expect(router.canConsume({ producerId: producer.id, rtpCapabilities: router.rtpCapabilities })).toBe(
      false,
    );
  });

  it('a transport closes what is on it with transportclose, and the consumers of its producers elsewhere', async () => {
    const { sending, events, closed } = await conference();

    sending.close();

    expect(closed()).toEqual(['sending', 'producer', 'consumer', 'ownConsumer']);
    expect(events).toEqual([
      'producer transportclose',
      'producer observer close',
      'consumer producerclose',
      'consumer observer close',
      'ownConsumer transportclose',
      'ownConsumer observer close',
      'sending observer close',
    ]);
    expect([sending.iceState, sending.dtlsState, sending.iceSelectedTuple]).toEqual([
      'closed',
      'closed',
      undefined,
    ]);
  });

  it('a transport that only receives leaves the producer open', async () => {
    const { receiving, events, closed } = await conference();

    receiving.close();

    expect(closed()).toEqual(['receiving', 'consumer']);
    expect(events).toEqual([
      'consumer transportclose',
      'consumer observer close',
      'receiving observer close',
    ]);
  });

  it('a router closes its transports with routerclose, and no consumer hears of its producer', async () => {
    const { router, events, script } = await conference();

    router.close();

    expect(events).toEqual([...below.router, 'router observer close']);
    expect(script.requests.at(-1)?.method).toBe('closeRouter');
  });

  it('a worker closes its routers with workerclose', async () => {
    const { worker, events, exit } = await conference();
    const gone = new Promise<void>((resolve) => worker.on('subprocessclose', resolve));

    worker.close();

    expect(events).toEqual([
      ...below.router,
      'router workerclose',
      'router observer close',
      'worker observer close',
    ]);
    expect([worker.closed, worker.died, worker.subprocessClosed]).toEqual([true, false, false]);
    exit({ code: 0 });
    await gone;
    expect([worker.died, worker.subprocessClosed]).toEqual([false, true]);
    expect(events).not.toContain('worker died');
  });

  it('a worker that dies closes its routers, and tells why', async () => {
    const { worker, events, exit } = await conference();
    const died = new Promise<Error>((resolve) => worker.on('died', resolve));

    exit({ signal: 'SIGKILL' });

    expect(await died).toMatchObject({ message: 'worker 4242 died: signal SIGKILL', signal: 'SIGKILL' });
    expect(events).toEqual([
      ...below.router,
      'router workerclose',
      'router observer close',
      'worker died',
      'worker observer close',
    ]);
    expect([worker.closed, worker.died, worker.subprocessClosed]).toEqual([true, true, true]);
  });

  it('a worker whose channel breaks is killed, and dies of that', async () => {
    const { worker, script } = await conference();
    const died = new Promise<Error>((resolve) => worker.on('died', resolve));

    script.onClose(new RangeError('a frame of 9 bytes is too long'));

    expect(await died).toMatchObject({ signal: 'SIGKILL' });
  });

  it('happens once', async () => {
    const { worker, router, sending, producer, consumer, script, events } = await conference();
    const all = [consumer, producer, sending, router];

    for (const object of all) object.close();
    const count = events.length;
    const { length } = script.requests;
    for (const object of [...all, worker]) object.close();

    expect(events.slice(count)).toEqual(['worker observer close']);
    expect(script.requests).toHaveLength(length);
  });

  it.each([
    ['producer', 'pauseProducer', 'the producer is closed'],
    ['sending', 'pauseProducer', 'the transport is closed'],
    ['router', 'pauseProducer', 'the router is closed'],
  ] as const)('of the %s rejects what is in flight by a named error', async (what, method, message) => {
    const all = await conference();
    all.script.held.add(method);
    const pending = all.producer.pause();

    all[what].close();

    await expect(pending).rejects.toThrow(new InvalidStateError(message));
    await expect(pending).rejects.toBeInstanceOf(InvalidStateError);
    await expect(all.producer.resume()).rejects.toThrow(new InvalidStateError(message));
  });

  it('of the worker rejects what is in flight, and what comes later, by a WorkerClosedError', async () => {
    const { worker, producer, router, sending, script } = await conference();
    script.held.add('pauseProducer').add('createRouter');
    const pending = [producer.pause(), worker.createRouter()];

    worker.close();

    const later = [
      router.dump(),
      router.createWebRtcTransport({ listenInfos }),
      sending.produce({ kind: 'audio', rtpParameters: opusParameters('7', 7) }),
      worker.dump(),
    ];
    for (const request of [...pending, ...later]) {
      await expect(request).rejects.toThrow(new WorkerClosedError('the worker is closed'));
    }
  });

  it('while something is being made makes it fail, and leaves nothing behind', async () => {
    const { router, sending, receiving, producer, script } = await conference();
    const { rtpCapabilities } = router;
    script.held.add('produce').add('consume').add('createWebRtcTransport');
    const producing = sending.produce({ kind: 'audio', rtpParameters: opusParameters('7', 7) });
    const consuming = receiving.consume({ producerId: producer.id, rtpCapabilities });
    const listening = router.createWebRtcTransport({ listenInfos });
    await settled();
    const outcomes = Promise.allSettled([producing, consuming, listening]);

    sending.close();
    receiving.close();
    router.close();

    expect(await outcomes).toEqual([
      { status: 'rejected', reason: new InvalidStateError('the transport is closed') },
      { status: 'rejected', reason: new InvalidStateError('the transport is closed') },
      { status: 'rejected', reason: new InvalidStateError('the router is closed') },
    ]);
  });

  it('of a producer while it is being consumed rejects the consumer', async () => {
    const { router, receiving, producer, script } = await conference();
    script.held.add('consume');
    const consuming = receiving.consume({
      producerId: producer.id,
      rtpCapabilities: router.rtpCapabilities,
    });

    producer.close();
    script.release('consume');

    await expect(consuming).rejects.toThrow(new InvalidStateError('the producer is closed'));
  });

  it('is not hurt by a listener that throws', async () => {
    const { router, consumer, closed } = await conference();
    const errors: string[] = [];
    consumer.on('transportclose', () => {
      throw new Error('mine');
    });
    consumer.on('listenererror', (event, { message }) => errors.push(`${event}: ${message}`));

    router.close();

    expect(closed()).toHaveLength(6);
    expect(errors).toEqual(['transportclose: mine']);
  });
});
