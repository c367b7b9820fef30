import { parseScalabilityMode } from '../shared/rtp/scalability-mode.js';
import type { Encoding } from './encodings.js';

/** Half the length is a quarter of the pixels, and needs about so much of the bits. */
const QUARTER = 0.35;

/**
 * Sends so many layers, from the lowest, of what a transceiver was made for. The rest of its parameters stay, and what
 * the application itself has switched off stays so.
 *
 * @throws what the browser does
 */
export async function sendLayers(sender: RTCRtpSender, original: Encoding[], layers: number): Promise<void> {
  const parameters = sender.getParameters();
  const encodings = parameters.encodings.map((encoding, index) => ({
    ...encoding,
    ...changeOf(original[index] ?? {}, layers, parameters.encodings.length === 1 ? undefined : index),
  }));
  const isSame = encodings.every((encoding, index) => equal(encoding, parameters.encodings[index]!));
  if (!isSame) await sender.setParameters({ ...parameters, encodings });
}

/** `index`: of a simulcast encoding; a lone one may have layers inside. */
function changeOf(original: Encoding, layers: number, index: number | undefined): Encoding {
  const active = original.active !== false && layers > (index ?? 0);
  const { spatialLayers } = parseScalabilityMode(original.scalabilityMode);
  if (index !== undefined || spatialLayers === 1 || layers === 0) return { active };
  return { active, ...fewer(original, spatialLayers - Math.min(layers, spatialLayers)) };
}

/** Without so many of its spatial layers; the highest of a mode has the size of the whole picture. */
function fewer(original: Encoding, missing: number): Encoding {
  const { scalabilityMode = '', scaleResolutionDownBy = 1, maxBitrate } = original;
  const layers = parseScalabilityMode(scalabilityMode).spatialLayers - missing;
  const rest = layers === 1 ? scalabilityMode.slice(2, 4) : scalabilityMode.slice(2);
  return {
    scalabilityMode: `${scalabilityMode[0]}${layers}${rest}`.replace(/^S1/, 'L1'),
    scaleResolutionDownBy: scaleResolutionDownBy * 2 ** missing,
    ...(maxBitrate !== undefined && { maxBitrate: Math.round(maxBitrate * QUARTER ** missing) }),
  };
}

function equal(one: Encoding, other: Encoding): boolean {
  return Object.entries({ active: true, scaleResolutionDownBy: 1, ...one }).every(
    ([name, value]) => ({ active: true, scaleResolutionDownBy: 1, ...other })[name as 'active'] === value,
  );
}
