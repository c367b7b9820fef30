import { randomUUID } from 'node:crypto';
import { asInteger, asObject } from '../../shared/rtp/fields.js';
import type { EventBody } from './channel.js';
import { type AppData, asAppData } from './entity.js';
import type { Producer } from './producer.js';
import { RtpObserver, type RtpObserverEvents, type RtpObserverObserverEvents } from './rtp-observer.js';
import type { Scope } from './scope.js';
import type { RouterLink } from './transport.js';

export type AudioLevelObserverOptions<A extends AppData = AppData> = {
  /** How many producers 'volumes' tells of at most. Default 1. */
  maxEntries?: number;
  /** dBov: what is quieter, on average, is left out. -127 to 0. Default -80. */
  threshold?: number;
  /** Milliseconds from one 'volumes' to the next: 250 to 5000. Default 1000. */
  interval?: number;
  appData?: A;
};

/** dBov, -127 (silent) to 0. */
export type AudioLevelObserverVolume = { producer: Producer; volume: number };

type VolumeEvents = {
  /** Loudest first. */
  volumes: [volumes: AudioLevelObserverVolume[]];
  /** Nobody is heard any more. */
  silence: [];
};

export type AudioLevelObserverEvents = RtpObserverEvents & VolumeEvents;
export type AudioLevelObserverObserverEvents = RtpObserverObserverEvents & VolumeEvents;

const MAX_ENTRIES = 65_535;

/** Makes what `router.createAudioLevelObserver()` promises. */
export async function createAudioLevelObserver<A extends AppData>(
  router: RouterLink,
  options: AudioLevelObserverOptions<A> = {},
): Promise<AudioLevelObserver<A>> {
  const { appData, ...settings } = readOptions<A>(options);
  const scope = router.scope.child('rtpobserver', randomUUID());
  await scope.making((control, observer) => {
    router.scope.requireOpen();
    return control.createAudioLevelObserver({ router: router.scope.handle, observer, ...settings });
  });
  return new AudioLevelObserver<A>(scope, router, appData);
}

/** Tells how loud the loudest producers are. */
export class AudioLevelObserver<A extends AppData = AppData> extends RtpObserver<
  AudioLevelObserverEvents,
  AudioLevelObserverObserverEvents,
  A
> {
  /** Made by `router.createAudioLevelObserver()`. */
  constructor(scope: Scope, router: RouterLink, appData: A) {
    super(scope, router, appData);
    scope.listen((event) => this.#onEvent(event));
  }

  override get type(): 'audiolevel' {
    return 'audiolevel';
  }

  #onEvent(event: EventBody): void {
    if (event.type !== 'volumes') return;
    const volumes = event.volumes.flatMap(({ producer: handle, volume }) => {
      const producer = this.producerOf(handle);
      return producer ? [{ producer, volume }] : [];
    });
    if (volumes.length > 0) this.tell('volumes', volumes);
    else if (event.volumes.length === 0) this.tell('silence');
  }
}

function readOptions<A extends AppData>(options: AudioLevelObserverOptions<A>) {
  const { maxEntries, threshold, interval, appData } = asObject(options, 'options');
  return {
    maxEntries: asInteger(maxEntries ?? 1, 'maxEntries', 1, MAX_ENTRIES),
    threshold: asInteger(threshold ?? -80, 'threshold', -127, 0),
    interval: asInteger(interval ?? 1000, 'interval', 250, 5000),
    appData: asAppData<A>(appData),
  };
}
