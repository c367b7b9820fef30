import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { encodeRtpMapping } from '../../shared/channel/messages.gen.js';
import * as errors from '../../shared/errors.js';
import * as extras from './extras.js';
import * as core from './index.js';
import * as ortc from './ortc.js';

const root = new URL('../../../', import.meta.url);

describe('the module', () => {
  it('has everything that programs for this API look for', () => {
    for (const name of [
      'createWorker',
      'getSupportedRtpCapabilities',
      'parseScalabilityMode',
      'setLogEventListeners',
    ]) {
      expect(core).toHaveProperty(name, expect.any(Function));
    }
    expect(core.observer.on).toBeInstanceOf(Function);
    expect(core.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(typeof core.workerBin).toBe('string');
    expect(core.parseScalabilityMode('L3T2_KEY')).toEqual({
      spatialLayers: 3,
      temporalLayers: 2,
      ksvc: true,
    });
  });

  it('has its errors, which are distinguishable', () => {
    expect(core.errors).toBe(errors);
    expect(new core.WorkerClosedError('x')).toMatchObject({ name: 'WorkerClosedError', message: 'x' });
    expect(new core.errors.NotFoundError('x')).not.toBeInstanceOf(core.UnsupportedError);
    for (const name of ['UnsupportedError', 'WorkerClosedError', 'NotFoundError'] as const) {
      expect(new core.errors[name]('x')).toBeInstanceOf(Error);
    }
  });

  it('has the functions of ortc', () => {
    expect(core.ortc).toBe(ortc);
    expect(Object.keys(core.ortc).sort()).toEqual([
      'canConsume',
      'generateRouterRtpCapabilities',
      'getConsumableRtpParameters',
      'getConsumerRtpParameters',
      'getPipeConsumerRtpParameters',
      'getProducerRtpParametersMapping',
      'serializeRtpMapping',
      'validateAndNormalizeRtpCapabilities',
      'validateAndNormalizeRtpParameters',
      'validateAndNormalizeSctpStreamParameters',
    ]);
  });

  it('writes a mapping as the worker reads it', () => {
    const mapping = {
      codecs: [{ payloadType: 96, mappedPayloadType: 101 }],
      encodings: [{ ssrc: 1, mappedSsrc: 2 }],
    };

    expect(core.ortc.serializeRtpMapping(mapping)).toEqual(encodeRtpMapping(mapping));
    expect(() => core.ortc.serializeRtpMapping({ codecs: [], encodings: [{}] } as never)).toThrow(TypeError);
  });

  it('has extras', () => {
    expect(core.extras).toBe(extras);
    expect(Object.keys(extras).sort()).toEqual(['EnhancedEventEmitter', 'enhancedOnce']);
  });
});

it('has a source for every path that the package exports', () => {
  const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  const paths = Object.keys(exports);

  expect(paths).toEqual(
    expect.arrayContaining(['.', './core', './core/types', './core/ortc', './core/errors', './core/extras']),
  );
  for (const path of paths) {
    const source = exports[path].default.replace('./lib/', 'ts/').replace(/js$/, 'ts');
    expect([path, existsSync(new URL(source, root))]).toEqual([path, true]);
    expect(exports[path].types).toBe(exports[path].default.replace(/js$/, 'd.ts'));
  }
});
