import { describe, expect, it } from '@jest/globals';
import { mediaCodecs, opusParameters, simulcastParameters } from '../../../test/harness/rtp-options.js';
import { scriptedWorker, settled } from '../../../test/harness/scripted-worker.js';
import { InvalidStateError, NotFoundError, UnsupportedError } from '../../shared/errors.js';

async function transports() {
  const { worker, script } = scriptedWorker();
  const router = await worker.createRouter({ mediaCodecs });
  const listenInfos = [{ protocol: 'udp' as const, ip: '127.0.0.1' }];
  const sending = await router.createWebRtcTransport({ listenInfos });
  const receiving = await router.createWebRtcTransport({ listenInfos });
  return { worker, script, router, sending, receiving, rtpCapabilities: router.rtpCapabilities };
}

const audio = { kind: 'audio' as const, rtpParameters: opusParameters() };
const video = { kind: 'video' as const, rtpParameters: simulcastParameters() };
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('transport.produce', () => {
  it('tells the worker what comes and how it maps to the router', async () => {
    const { sending, script } = await transports();
    const heard: unknown[] = [];
    sending.observer.on('newproducer', (producer) => heard.push(producer));

    const producer = await sending.produce({
      ...video,
      keyFrameRequestDelay: 500,
      appData: { screen: true },
    });

    expect(producer).toMatchObject({
      kind: 'video',
      type: 'simulcast',
      paused: false,
      closed: false,
      score: [],
      appData: { screen: true },
    });
    expect(producer.id).toMatch(UUID);
    expect(heard).toEqual([producer]);
    const [request] = script.asked('produce');
    expect(request).toMatchObject({ transport: 2, kind: 'video', paused: false, keyFrameRequestDelay: 500 });
    expect(request.rtpMapping.codecs).toEqual([
      { payloadType: 96, mappedPayloadType: 101 },
      { payloadType: 97, mappedPayloadType: 102 },
    ]);
    expect(request.rtpMapping.encodings).toMatchObject([{ rid: 'q' }, { rid: 'h' }, { rid: 'f' }]);
    expect(request.rtpParameters.encodings).toHaveLength(3);
  });

  it('makes one encoding when there is none', async () => {
    const { sending } = await transports();
    const rtpParameters = { ...opusParameters(), encodings: [] };

    const producer = await sending.produce({ kind: 'audio', rtpParameters });

    expect(producer.rtpParameters.encodings).toEqual([{ dtx: false }]);
  });

  it('gives all producers of a transport the first CNAME', async () => {
    const { sending, receiving } = await transports();
    const named = (cname: string, ssrc: number) => ({
      kind: 'audio' as const,
      rtpParameters: { ...opusParameters(`${ssrc}`, ssrc), rtcp: { cname } },
    });

    const producers = [
      await sending.produce(named('first', 1)),
      await sending.produce(named('second', 2)),
      await receiving.produce({ ...audio, rtpParameters: { ...opusParameters(), rtcp: {} } }),
    ];

    const cnames = producers.map(({ rtpParameters }) => rtpParameters.rtcp?.cname);
    expect(cnames).toEqual(['first', 'first', expect.stringMatching(/^[0-9a-f]{8}$/)]);
  });

  it.each([
    ['options', undefined, 'options must be an object'],
    ['kind', { ...audio, kind: 'data' }, 'kind must be one of audio, video'],
    ['another kind', { ...audio, kind: 'video' }, 'rtpParameters.codecs[0].mimeType must be of kind video'],
    ['rtpParameters', { kind: 'audio' }, 'rtpParameters must be an object'],
    ['codecs', { kind: 'audio', rtpParameters: { codecs: 1 } }, 'rtpParameters.codecs must be an array'],
    [
      'no codecs',
      { kind: 'audio', rtpParameters: { codecs: [] } },
      'rtpParameters.codecs must have a media codec',
    ],
    ['paused', { ...audio, paused: 1 }, 'paused must be a boolean'],
    ['id', { ...audio, id: 5 }, 'id must be a string of at most 255 characters'],
    ['empty id', { ...audio, id: '' }, 'id must not be empty'],
    [
      'keyFrameRequestDelay',
      { ...video, keyFrameRequestDelay: -1 },
      'keyFrameRequestDelay must be an integer from 0 to 60000',
    ],
    ['appData', { ...audio, appData: 'mine' }, 'appData must be an object'],
  ])('refuses a bad %s by a TypeError, without asking the worker', async (_, options, message) => {
    const { sending, script } = await transports();

    await expect(sending.produce(options as never)).rejects.toThrow(new TypeError(message));

    expect(script.asked('produce')).toEqual([]);
  });

  it('refuses a codec that the router lacks', async () => {
    const { sending } = await transports();
    const codecs = [{ mimeType: 'video/VP9', payloadType: 98, clockRate: 90000 }];

    await expect(sending.produce({ kind: 'video', rtpParameters: { codecs } })).rejects.toBeInstanceOf(
      UnsupportedError,
    );
  });

  it('refuses an id that is in use, or about to be, until it is free', async () => {
    const { sending, receiving } = await transports();
    const options = { ...audio, id: 'mine' };
    const first = sending.produce(options);

    await expect(receiving.produce(options)).rejects.toThrow(new TypeError("id 'mine' is in use"));
    (await first).close();

    expect((await receiving.produce(options)).id).toBe('mine');
  });

  it('can be tried again after the worker refused', async () => {
    const { sending, script } = await transports();
    script.answers.produce = () => ({ code: 'type', message: 'ssrc is taken' });
    await expect(sending.produce({ ...audio, id: 'mine' })).rejects.toThrow(new TypeError('ssrc is taken'));
    delete script.answers.produce;

    const producer = await sending.produce({ ...audio, id: 'mine' });

    expect(producer.id).toBe('mine');
    const [refused, taken] = script.asked('produce');
    expect(taken.producer).not.toBe(refused.producer);
  });
});

describe('transport.consume', () => {
  it('tells the worker what to send', async () => {
    const { sending, receiving, rtpCapabilities, script } = await transports();
    const producer = await sending.produce(video);
    const heard: unknown[] = [];
    receiving.observer.on('newconsumer', (consumer) => heard.push(consumer));
    script.answers.consume = () => ({
      paused: true,
      producerPaused: false,
      score: { score: 10, producerScore: 0, producerScores: [0, 0, 0] },
      preferredLayers: { spatialLayer: 1, temporalLayer: 2 },
    });

    const consumer = await receiving.consume({
      producerId: producer.id,
      rtpCapabilities,
      paused: true,
      preferredLayers: { spatialLayer: 1 },
      appData: { mine: 1 },
    });

    expect(consumer).toMatchObject({
      producerId: producer.id,
      kind: 'video',
      type: 'simulcast',
      paused: true,
      producerPaused: false,
      preferredLayers: { spatialLayer: 1, temporalLayer: 2 },
      currentLayers: undefined,
      score: { score: 10, producerScore: 0, producerScores: [0, 0, 0] },
      appData: { mine: 1 },
    });
    expect(consumer.id).toMatch(UUID);
    expect(heard).toEqual([consumer]);
    expect(consumer.rtpParameters.codecs.map(({ mimeType }) => mimeType)).toEqual(['video/VP8', 'video/rtx']);
    expect(consumer.rtpParameters.encodings).toMatchObject([{ scalabilityMode: 'L3T3' }]);
    const [request] = script.asked('consume');
    expect(request).toMatchObject({
      transport: 3,
      producer: 4,
      kind: 'video',
      type: 'simulcast',
      paused: true,
      ignoreDtx: false,
      preferredLayers: { spatialLayer: 1 },
    });
    expect(request.consumableRtpEncodings).toHaveLength(3);
  });

  it('counts MIDs, unless one is given', async () => {
    const { sending, receiving, rtpCapabilities } = await transports();
    const { id: producerId } = await sending.produce(audio);
    const consume = (mid?: string) => receiving.consume({ producerId, rtpCapabilities, ...(mid && { mid }) });

    const consumers = [await consume(), await consume('mine'), await consume()];

    expect(consumers.map(({ rtpParameters }) => rtpParameters.mid)).toEqual(['0', 'mine', '1']);
  });

  it('gives RTX and NACK to video, and to audio if asked', async () => {
    const { sending, receiving, rtpCapabilities } = await transports();
    const { id: producerId } = await sending.produce(audio);
    const nacks = async (enableRtx?: boolean) => {
      const options = { producerId, rtpCapabilities, ...(enableRtx !== undefined && { enableRtx }) };
      const { rtpParameters } = await receiving.consume(options);
      return rtpParameters.codecs[0]?.rtcpFeedback?.some(({ type }) => type === 'nack');
    };

    expect([await nacks(), await nacks(true), await nacks(false)]).toEqual([false, true, false]);
  });

  it('forwards every stream with pipe, without a MID', async () => {
    const { sending, receiving, rtpCapabilities, script } = await transports();
    const producer = await sending.produce(video);

    const consumer = await receiving.consume({ producerId: producer.id, rtpCapabilities, pipe: true });

    expect(consumer.type).toBe('pipe');
    expect(consumer.rtpParameters.mid).toBeUndefined();
    expect(consumer.rtpParameters.encodings).toHaveLength(3);
    expect(script.asked('consume')[0].type).toBe('pipe');
  });

  it.each([
    ['options', () => undefined, 'options must be an object'],
    ['producerId', () => ({ producerId: 7 }), 'producerId must be a string of at most 255 characters'],
    ['rtpCapabilities', () => ({ rtpCapabilities: [] }), 'rtpCapabilities must be an object'],
    ['paused', () => ({ paused: 'no' }), 'paused must be a boolean'],
    ['mid', () => ({ mid: '123456789' }), 'mid must be a string of at most 8 characters'],
    ['empty mid', () => ({ mid: '' }), 'mid must not be empty'],
    ['enableRtx', () => ({ enableRtx: 1 }), 'enableRtx must be a boolean'],
    ['ignoreDtx', () => ({ ignoreDtx: 1 }), 'ignoreDtx must be a boolean'],
    ['pipe', () => ({ pipe: 1 }), 'pipe must be a boolean'],
    [
      'preferredLayers',
      () => ({ preferredLayers: { temporalLayer: 1 } }),
      'preferredLayers.spatialLayer must be an integer from 0 to 255',
    ],
    [
      'temporalLayer',
      () => ({ preferredLayers: { spatialLayer: 1, temporalLayer: '1' } }),
      'preferredLayers.temporalLayer must be an integer from 0 to 255',
    ],
    ['appData', () => ({ appData: [] }), 'appData must be an object'],
  ])('refuses a bad %s by a TypeError, without asking the worker', async (_, change, message) => {
    const { sending, receiving, rtpCapabilities, script } = await transports();
    const { id: producerId } = await sending.produce(audio);
    const changed = change();
    const options = changed && { producerId, rtpCapabilities, ...changed };

    await expect(receiving.consume(options as never)).rejects.toThrow(new TypeError(message));

    expect(script.asked('consume')).toEqual([]);
  });

  it('refuses a producer that is not in the router', async () => {
    const { receiving, rtpCapabilities } = await transports();

    const consuming = receiving.consume({ producerId: 'nobody', rtpCapabilities });

    await expect(consuming).rejects.toBeInstanceOf(NotFoundError);
    await expect(consuming).rejects.toThrow("producerId 'nobody' is no producer of the router");
  });

  it('refuses an endpoint that has none of the codecs', async () => {
    const { sending, receiving } = await transports();
    const { id: producerId } = await sending.produce(audio);

    await expect(receiving.consume({ producerId, rtpCapabilities: { codecs: [] } })).rejects.toThrow(
      new UnsupportedError('no compatible media codecs'),
    );
  });

  it('refuses when the transport is closed', async () => {
    const { sending, receiving, rtpCapabilities } = await transports();
    const { id: producerId } = await sending.produce(audio);
    receiving.close();

    await expect(receiving.consume({ producerId, rtpCapabilities })).rejects.toThrow(
      new InvalidStateError('the transport is closed'),
    );
  });
});

describe('router.canConsume', () => {
  it('tells whether the endpoint has a codec of the producer', async () => {
    const { router, sending, rtpCapabilities } = await transports();
    const { id: producerId } = await sending.produce(audio);

    expect(router.canConsume({ producerId, rtpCapabilities })).toBe(true);
    expect(router.canConsume({ producerId, rtpCapabilities: {} })).toBe(false);
    expect(router.canConsume({ producerId, rtpCapabilities: 'bad' as never })).toBe(false);
    expect(router.canConsume({ producerId: 'nobody', rtpCapabilities })).toBe(false);
  });
});

describe('pausing', () => {
  async function consumed(paused = false) {
    const all = await transports();
    const producer = await all.sending.produce(audio);
    const { rtpCapabilities } = all;
    const consumer = await all.receiving.consume({ producerId: producer.id, rtpCapabilities, paused });
    const events: string[] = [];
    for (const event of ['pause', 'resume'] as const) {
      producer.observer.on(event, () => events.push(`producer ${event}`));
      consumer.observer.on(event, () => events.push(`consumer ${event}`));
    }
    for (const event of ['producerpause', 'producerresume'] as const)
      consumer.on(event, () => events.push(event));
    return { ...all, producer, consumer, events };
  }

  it('a producer tells its consumers, once', async () => {
    const { producer, consumer, events } = await consumed();

    await producer.pause();
    await producer.pause();
    expect([producer.paused, consumer.paused, consumer.producerPaused]).toEqual([true, false, true]);
    await producer.resume();
    await producer.resume();

    expect([producer.paused, consumer.producerPaused]).toEqual([false, false]);
    expect(events).toEqual([
      'producerpause',
      'consumer pause',
      'producer pause',
      'producerresume',
      'consumer resume',
      'producer resume',
    ]);
  });

  it('a consumer that is paused itself does not seem to change', async () => {
    const { producer, consumer, events } = await consumed(true);

    await producer.pause();
    await consumer.resume();
    await consumer.pause();
    await producer.resume();
    await consumer.resume();

    expect([consumer.paused, consumer.producerPaused]).toEqual([false, false]);
    expect(events).toEqual([
      'producerpause',
      'producer pause',
      'producerresume',
      'producer resume',
      'consumer resume',
    ]);
  });

  it('reaches a consumer that is being made at the same time', async () => {
    const { producer, receiving, rtpCapabilities } = await consumed();

    const [before, , after] = await Promise.all([
      receiving.consume({ producerId: producer.id, rtpCapabilities }),
      producer.pause(),
      receiving.consume({ producerId: producer.id, rtpCapabilities }),
    ]);
    await settled();

    expect([before.producerPaused, after.producerPaused]).toEqual([true, true]);
  });

  it('starts as the options say', async () => {
    const { sending, receiving, rtpCapabilities } = await transports();
    const producer = await sending.produce({ ...audio, paused: true });
    const consumer = await receiving.consume({ producerId: producer.id, rtpCapabilities, paused: true });

    expect([producer.paused, consumer.paused, consumer.producerPaused]).toEqual([true, true, true]);
  });
});

describe('the worker tells', () => {
  it('scores, layers and orientation', async () => {
    const { sending, receiving, rtpCapabilities, script } = await transports();
    const producer = await sending.produce(video);
    const consumer = await receiving.consume({ producerId: producer.id, rtpCapabilities });
    const heard: unknown[][] = [];
    producer.on('score', (score) => heard.push(['score', score]));
    producer.on('videoorientationchange', (orientation) => heard.push(['orientation', orientation]));
    producer.observer.on('score', (score) => heard.push(['observer score', score]));
    consumer.on('score', (score) => heard.push(['consumer score', score]));
    consumer.on('layerschange', (layers) => heard.push(['layers', layers]));
    const scores = [{ encodingIdx: 0, ssrc: 7, rid: 'q', score: 9 }];
    const score = { score: 10, producerScore: 9, producerScores: [9] };
    const layers = { spatialLayer: 0, temporalLayer: 2 };

    script.tell(4, { type: 'producerScore', scores });
    script.tell(4, { type: 'videoOrientationChange', camera: true, flip: false, rotation: 90 });
    script.tell(5, { type: 'consumerScore', ...score });
    script.tell(5, { type: 'layersChange', layers });
    await settled();

    expect([producer.score, consumer.score, consumer.currentLayers]).toEqual([scores, score, layers]);
    expect(heard).toEqual([
      ['score', scores],
      ['observer score', scores],
      ['orientation', { camera: true, flip: false, rotation: 90 }],
      ['consumer score', score],
      ['layers', layers],
    ]);
    script.tell(5, { type: 'layersChange' });
    await settled();
    expect(heard.at(-1)).toEqual(['layers', undefined]);
    expect(consumer.currentLayers).toBeUndefined();
  });

  it('of an object before the reply that makes it, and it has it from the start', async () => {
    const { sending, receiving, rtpCapabilities, script } = await transports();
    const { id: producerId } = await sending.produce(video);
    script.tell(5, { type: 'layersChange', layers: { spatialLayer: 2 } });

    const consuming = receiving.consume({ producerId, rtpCapabilities });

    expect((await consuming).currentLayers).toEqual({ spatialLayer: 2 });
  });
});

describe('getters', () => {
  it('return copies', async () => {
    const { router, sending, receiving, rtpCapabilities } = await transports();
    const producer = await sending.produce(audio);
    const consumer = await receiving.consume({ producerId: producer.id, rtpCapabilities });

    router.rtpCapabilities.codecs.length = 0;
    producer.rtpParameters.codecs.length = 0;
    consumer.rtpParameters.codecs.length = 0;
    consumer.score.score = 0;
    sending.iceCandidates.length = 0;
    sending.iceParameters.password = '';
    sending.dtlsParameters.fingerprints.length = 0;

    expect(router.rtpCapabilities.codecs).not.toEqual([]);
    expect(producer.rtpParameters.codecs).not.toEqual([]);
    expect(consumer.rtpParameters.codecs).not.toEqual([]);
    expect(consumer.score.score).toBe(10);
    expect(sending.iceCandidates).toHaveLength(1);
    expect(sending.iceParameters.password).toBe('password');
    expect(sending.dtlsParameters.fingerprints).toHaveLength(1);
  });

  it('keep the appData object itself, which can be replaced by an object only', async () => {
    const { sending } = await transports();
    const appData: Record<string, unknown> = { a: 1 };
    const producer = await sending.produce({ ...audio, appData });

    expect(producer.appData).toBe(appData);
    const other = {};
    producer.appData = other;
    expect(producer.appData).toBe(other);
    expect(() => {
      producer.appData = 'text' as never;
    }).toThrow(new TypeError('appData must be an object'));
  });
});
