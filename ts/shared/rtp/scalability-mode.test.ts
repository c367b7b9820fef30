import { describe, expect, it } from '@jest/globals';
import { parseScalabilityMode } from './scalability-mode.js';

describe('parseScalabilityMode', () => {
  it.each([
    ['L1T3', 1, 3, false],
    ['L3T2_KEY', 3, 2, true],
    ['L3T3_KEY_SHIFT', 3, 3, true],
    ['L2T1h', 2, 1, false],
    ['S2T3', 2, 3, false],
    ['L20T3', 20, 3, false],
  ])('reads %s', (mode, spatialLayers, temporalLayers, ksvc) => {
    expect(parseScalabilityMode(mode)).toEqual({ spatialLayers, temporalLayers, ksvc });
  });

  it.each([undefined, '', 'foo', 'L0T3', 'L1', 'T3', 'xL1T3'])('takes %p for one layer', (mode) => {
    expect(parseScalabilityMode(mode)).toEqual({ spatialLayers: 1, temporalLayers: 1, ksvc: false });
  });
});
