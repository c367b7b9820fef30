import { afterEach, describe, expect, it } from '@jest/globals';
import { findWorkerAddon, findWorkerBinary } from './worker-binary.js';

const exists = process.execPath;

afterEach(() => {
  delete process.env['CONSOMME_WORKER_BIN'];
  delete process.env['CONSOMME_ADDON'];
});

describe('findWorkerBinary', () => {
  it('takes the setting before the environment', () => {
    process.env['CONSOMME_WORKER_BIN'] = '/nowhere/else';
    expect(findWorkerBinary(exists)).toBe(exists);

    process.env['CONSOMME_WORKER_BIN'] = exists;
    expect(findWorkerBinary()).toBe(exists);
  });

  it('says where it looked, and what to do, rather than pass over a place that was given', () => {
    process.env['CONSOMME_WORKER_BIN'] = exists;

    expect(() => findWorkerBinary('/nowhere/worker')).toThrow(
      /^the worker program is missing\. Looked at\n {2}the setting workerBin: \/nowhere\/worker\n {2}the environment variable CONSOMME_WORKER_BIN: .+\n {2}the local build: .+\/build\/release\/consomme-worker\nBuild it with 'npm run build'/,
    );
  });
});

describe('findWorkerAddon', () => {
  it('takes the environment before the local build', () => {
    process.env['CONSOMME_ADDON'] = exists;
    expect(findWorkerAddon()).toBe(exists);

    process.env['CONSOMME_ADDON'] = '/nowhere/consomme.node';
    expect(() => findWorkerAddon()).toThrow('the worker addon is missing');
  });
});
