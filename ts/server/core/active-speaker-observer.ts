import { randomUUID } from 'node:crypto';
import { asInteger, asObject } from '../../shared/rtp/fields.js';
import type { EventBody } from './channel.js';
import { type AppData, asAppData } from './entity.js';
import type { Producer } from './producer.js';
import { RtpObserver, type RtpObserverEvents, type RtpObserverObserverEvents } from './rtp-observer.js';
import type { Scope } from './scope.js';
import type { RouterLink } from './transport.js';

export type ActiveSpeakerObserverOptions<A extends AppData = AppData> = {
  /** Milliseconds from one decision to the next: 100 to 5000. Default 300. */
  interval?: number;
  appData?: A;
};

export type ActiveSpeakerObserverDominantSpeaker = { producer: Producer };

type SpeakerEvents = {
  /** Somebody else is the one who speaks. */
  dominantspeaker: [dominantSpeaker: ActiveSpeakerObserverDominantSpeaker];
};

export type ActiveSpeakerObserverEvents = RtpObserverEvents & SpeakerEvents;
export type ActiveSpeakerObserverObserverEvents = RtpObserverObserverEvents & SpeakerEvents;

/** Makes what `router.createActiveSpeakerObserver()` promises. */
export async function createActiveSpeakerObserver<A extends AppData>(
  router: RouterLink,
  options: ActiveSpeakerObserverOptions<A> = {},
): Promise<ActiveSpeakerObserver<A>> {
  const { interval: given, appData: theirs } = asObject(options, 'options');
  const interval = asInteger(given ?? 300, 'interval', 100, 5000);
  const appData = asAppData<A>(theirs);
  const scope = router.scope.child('rtpobserver', randomUUID());
  await scope.making((control, observer) => {
    router.scope.requireOpen();
    return control.createActiveSpeakerObserver({ router: router.scope.handle, observer, interval });
  });
  return new ActiveSpeakerObserver<A>(scope, router, appData);
}

/** Tells who speaks, of those that it listens to. */
export class ActiveSpeakerObserver<A extends AppData = AppData> extends RtpObserver<
  ActiveSpeakerObserverEvents,
  ActiveSpeakerObserverObserverEvents,
  A
> {
  /** Made by `router.createActiveSpeakerObserver()`. */
  constructor(scope: Scope, router: RouterLink, appData: A) {
    super(scope, router, appData);
    scope.listen((event) => this.#onEvent(event));
  }

  override get type(): 'activespeaker' {
    return 'activespeaker';
  }

  #onEvent(event: EventBody): void {
    if (event.type !== 'dominantSpeaker') return;
    const producer = this.producerOf(event.producer);
    if (producer) this.tell('dominantspeaker', { producer });
  }
}
