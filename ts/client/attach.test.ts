import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type FakeDocument, FakeElement, installDom } from '../../test/harness/fake-dom.js';
import { FakeRoomServer, peerData, settle } from '../../test/harness/fake-room-server.js';
import { installWebRtc } from '../../test/harness/fake-webrtc.js';
import { InvalidStateError } from '../shared/errors.js';
import type { Consumer } from './consumer.js';
import type { RecvTransport } from './recv-transport.js';
import { Room } from './room.js';

let server: FakeRoomServer;
let room: Room;
let page: FakeDocument;
let uninstall: () => void;
let removeDom: () => void;

beforeEach(async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance'] });
  uninstall = installWebRtc();
  ({ document: page, remove: removeDom } = installDom({ devicePixelRatio: 2 }));
  server = new FakeRoomServer();
  server.peers = [peerData('alice', 'audio1', 'video1', 'video2')];
  room = new Room(server.connect);
  await room.join('me');
});

afterEach(async () => {
  await room.leave();
  removeDom();
  uninstall();
  jest.useRealTimers();
});

function consumer(id = 'video1'): Consumer {
  return room.getPeerByName('alice')!.getConsumerById(id)!;
}

async function received(id?: string): Promise<Consumer> {
  const one = consumer(id);
  await one.receive((room.transports[0] as RecvTransport) ?? room.createTransport('recv'));
  return one;
}

/** An element for it, of this size in CSS pixels, that can be seen. */
function attached(to: Consumer, width = 320, height = 180): FakeElement {
  const element = new FakeElement();
  to.attach(element as never);
  element.resize(width, height);
  element.see(true);
  return element;
}

async function pass(milliseconds: number): Promise<void> {
  await jest.advanceTimersByTimeAsync(milliseconds);
  await settle();
}

/** What the server was told of views: 'video1 640×360'. */
function told(): string[] {
  const views = server.asked('setConsumerViews').map(({ views }) =>
    views.map(({ id, view = 'any' }) => {
      const size =
        typeof view === 'string' ? view : `${view.width}×${view.height}${view.cover ? '' : ' inside'}`;
      return `${id} ${size}`;
    }),
  );
  return views.map((each) => each.join(', '));
}

describe('an attached element', () => {
  it('plays what is received, from then on', async () => {
    const element = new FakeElement();
    consumer().attach(element as never);
    expect(element.srcObject).toBeNull();
    const { track } = await received();

    expect(element.srcObject).toEqual({ tracks: [track] });
  });

  it('plays nothing when the transport is closed, and again on the next', async () => {
    const one = await received();
    const element = attached(one);
    room.transports[0]!.close();
    expect(element.srcObject).toBeNull();
    await received();

    expect(element.srcObject).toEqual({ tracks: [one.track] });
  });

  it('is let go by what attach() returns, once', async () => {
    const one = await received();
    const element = new FakeElement();
    const detach = one.attach(element as never);
    detach();
    expect([element.srcObject, element.watchers]).toEqual([null, 0]);
    one.attach(element as never);
    detach();
    expect(element.watchers).toBe(0);
  });

  it('is let go when the consumer closes', async () => {
    const one = await received();
    const element = attached(one);
    server.tell('consumerClosed', { id: 'video1', peerName: 'alice' });
    await pass(1000);

    expect([element.srcObject, element.watchers, told()]).toEqual([null, 0, []]);
    expect(() => one.attach(element as never)).toThrow(InvalidStateError);
  });

  it('must be one, and is attached once', async () => {
    const one = await received();
    const element = attached(one);
    const attach =
      (...args: unknown[]) =>
      () =>
        one.attach(...(args as [never]));

    expect(attach(undefined)).toThrow(new TypeError('element must be a video or audio element'));
    expect(attach(element)).toThrow(InvalidStateError);
    expect(attach(element, { adaptive: 'no' })).toThrow(new TypeError('options.adaptive must be a boolean'));
    expect(attach(element, 7)).toThrow(new TypeError('options must be an object'));
  });

  it('is not followed if it is for sound, if it is not to be, or if the browser cannot', async () => {
    const sound = new FakeElement();
    consumer('audio1').attach(sound as never);
    const fixed = new FakeElement();
    consumer().attach(fixed as never, { adaptive: false });
    Reflect.deleteProperty(globalThis, 'IntersectionObserver');
    const old = new FakeElement();
    consumer().attach(old as never);

    expect([sound, fixed, old].map(({ watchers }) => watchers)).toEqual([0, 0, 0]);
  });
});

describe('the view', () => {
  it('is the size in physical pixels', async () => {
    attached(await received(), 320.2, 180);
    await pass(0);
    expect(told()).toEqual(['video1 641×360']);
  });

  it('is told when it is enabled, if that is later', async () => {
    attached(consumer());
    await pass(1000);
    expect(told()).toEqual([]);
    await received();

    const [asked] = server.asked('enableConsumers')[0]!.consumers;
    expect(asked).toMatchObject({ view: { width: 640, height: 360, cover: true } });
  });

  it('says whether the picture is cut', async () => {
    const one = await received();
    const element = Object.assign(new FakeElement(), { objectFit: 'contain' });
    one.attach(element as never);
    element.resize(100, 100);
    element.see(true);
    await pass(0);
    expect(told()).toEqual(['video1 200×200 inside']);
  });

  it('of many is one message, and while sizes change not more than five a second', async () => {
    const elements = [attached(await received('video1')), attached(await received('video2'))];
    await pass(0);
    for (let step = 1; step <= 60; step += 1) {
      for (const element of elements) element.resize(320 + step, 180);
      await pass(16);
    }
    await pass(1000);

    expect(told()[0]).toBe('video1 640×360, video2 640×360');
    expect(told().at(-1)).toBe('video1 760×360, video2 760×360');
    expect(told().length).toBeLessThan(8);
  });

  it('is the largest of several elements', async () => {
    const one = await received();
    attached(one, 100, 50);
    const large = attached(one, 400, 200);
    await pass(1000);
    large.see(false);
    await pass(2000);
    expect(told()).toEqual(['video1 800×400', 'video1 200×100']);
  });

  it('is any again when the last element is let go', async () => {
    const one = await received();
    const element = new FakeElement();
    const detach = one.attach(element as never);
    element.resize(10, 10);
    element.see(true);
    await pass(1000);
    detach();
    await pass(1000);
    expect(told()).toEqual(['video1 20×20', 'video1 any']);
  });

  it('is hidden when no element could be seen for a second, and back at once', async () => {
    const one = await received();
    const element = attached(one);
    await pass(1000);
    element.see(false);
    await pass(999);
    expect([told().at(-1), one.hidden]).toEqual(['video1 640×360', false]);
    await pass(2);
    expect([told().at(-1), one.hidden, one.paused]).toEqual(['video1 hidden', true, false]);
    await pass(1000);
    element.see(true);
    await pass(0);
    expect([told().at(-1), one.hidden]).toEqual(['video1 640×360', false]);
  });

  it('does not change for what is scrolled past', async () => {
    const element = attached(await received());
    await pass(1000);
    element.see(false);
    await pass(500);
    element.see(true);
    await pass(5000);
    expect(told()).toEqual(['video1 640×360']);
  });

  it('is hidden with the page, and without a size', async () => {
    const element = attached(await received());
    await pass(1000);
    page.turn('hidden');
    await pass(1500);
    page.turn('visible');
    await pass(1000);
    element.resize(0, 0);
    await pass(1500);
    expect(told()).toEqual(['video1 640×360', 'video1 hidden', 'video1 640×360', 'video1 hidden']);
  });

  it('is seen in a window of its own, wherever the page is', async () => {
    const element = attached(await received());
    await pass(1000);
    page.pictureInPictureElement = element;
    element.dispatchEvent(new Event('enterpictureinpicture'));
    page.turn('hidden');
    await pass(5000);
    expect(told()).toEqual(['video1 640×360']);
    page.pictureInPictureElement = null;
    element.dispatchEvent(new Event('leavepictureinpicture'));
    await pass(1500);
    expect(told().at(-1)).toBe('video1 hidden');
  });
});
