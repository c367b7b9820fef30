import type { MediaKind } from '../../shared/rtp/rtp-parameters.js';
import type { LayoutData, PreferredProfile } from '../../shared/signalling/messages.js';

/** What a layout gives one consumer: its tier among the others of its client, and the best that it may have. */
export type Share = { tier: number; most: PreferredProfile };

/** A consumer, as a layout sees it. */
type Shown = { kind: MediaKind; peer: { name: string }; source: { id: string } };

/** Sound goes before all pictures: it is little, and missed most. */
const SOUND: Share = { tier: 255, most: 'default' };
const EQUAL: Share = { tier: 0, most: 'default' };
const ON_STAGE: Share = { tier: 1, most: 'default' };
const ASIDE: Share = { tier: 0, most: 'low' };

/** Before any layout says otherwise. */
export function firstShare(kind: MediaKind): Share {
  return kind === 'audio' ? SOUND : EQUAL;
}

/** One for each consumer, in order. While nobody is on the stage all pictures are alike. */
export function sharesOf(layout: LayoutData, consumers: Shown[]): Share[] {
  const staged = consumers.some((consumer) => isOnStage(layout, consumer));
  return consumers.map((consumer) => {
    if (consumer.kind === 'audio' || !staged) return firstShare(consumer.kind);
    return isOnStage(layout, consumer) ? ON_STAGE : ASIDE;
  });
}

function isOnStage(layout: LayoutData, { kind, peer, source }: Shown): boolean {
  if (layout.layout !== 'stage' || kind !== 'video' || peer.name !== layout.peerName) return false;
  return layout.producerId === undefined || layout.producerId === source.id;
}
