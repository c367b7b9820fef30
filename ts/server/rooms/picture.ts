import type { Size, View } from '../../shared/signalling/messages.js';

type Shown = Exclude<View, 'hidden'>;

/** By how much a picture may be smaller than what shows it before a larger one is taken. */
const TOLERANCE = 1.15;

/**
 * The sizes of a producer's layers, from the lowest.
 *
 * @example
 * layerSizes({ width: 1280, height: 720 }, 3)[0] // { width: 320, height: 180 }
 */
export function layerSizes({ width, height }: Size, count: number, scales: number[] = []): Size[] {
  return Array.from({ length: count }, (_, layer) => {
    const scale = scales[layer] ?? 2 ** (count - 1 - layer);
    return { width: width / scale, height: height / scale };
  });
}

/**
 * The smallest layer that is not smaller than what shows it. One that is there already stays while it is hardly too
 * small; so an element whose size wavers does not change the layer each time.
 */
export function layerFor(view: Shown, sizes: Size[], current?: number): number {
  const fitting = sizes.findIndex((size) => stretch(size, view) <= 1);
  const enough = fitting < 0 ? sizes.length - 1 : fitting;
  const kept = current === undefined ? undefined : sizes[current];
  return kept && current! < enough && stretch(kept, view) <= TOLERANCE ? current! : enough;
}

/** By how much the picture is enlarged. */
function stretch(picture: Size, { width, height, cover }: Shown): number {
  const [horizontal, vertical] = [width / picture.width, height / picture.height];
  return cover ? Math.max(horizontal, vertical) : Math.min(horizontal, vertical);
}
