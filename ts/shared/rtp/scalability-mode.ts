export type ScalabilityMode = {
  spatialLayers: number;
  temporalLayers: number;
  /** Spatial layers depend on each other in key frames only. */
  ksvc: boolean;
};

/**
 * Reads a scalability mode (https://www.w3.org/TR/webrtc-svc/#scalabilitymodes*); anything else is one layer.
 *
 * @example
 * parseScalabilityMode('L3T2_KEY') // { spatialLayers: 3, temporalLayers: 2, ksvc: true }
 */
export function parseScalabilityMode(scalabilityMode = ''): ScalabilityMode {
  const match = /^[LS]([1-9]\d?)T([1-9]\d?)(_KEY)?/.exec(scalabilityMode);
  if (!match) return { spatialLayers: 1, temporalLayers: 1, ksvc: false };
  return { spatialLayers: Number(match[1]), temporalLayers: Number(match[2]), ksvc: match[3] !== undefined };
}
