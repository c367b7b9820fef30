import { describe, expect, it } from '@jest/globals';
import { readWorkerSettings } from './worker-settings.js';

describe('readWorkerSettings', () => {
  it('fills in the defaults', () => {
    expect(readWorkerSettings({})).toEqual({
      logLevel: 'error',
      rtcMinPort: 10000,
      rtcMaxPort: 59999,
      mode: 'process',
      requestTimeout: 20000,
      appData: {},
    });
  });

  it('takes what is given, and leaves unknown settings out', () => {
    const settings = {
      logLevel: 'warn',
      rtcMinPort: 1,
      rtcMaxPort: 2,
      workerBin: '/a',
      mode: 'thread',
      requestTimeout: 5,
      appData: { a: 1 },
    };
    const files = { dtlsCertificateFile: '/c', dtlsPrivateKeyFile: '/k' };

    expect(readWorkerSettings({ ...settings, ...files, logTags: ['ice'], more: 1 })).toEqual({
      ...settings,
      dtlsFiles: { certificate: '/c', privateKey: '/k' },
    });
  });

  it.each([
    [null, 'settings must be an object'],
    [{ logLevel: 'loud' }, 'logLevel must be one of none, error, warn, debug'],
    [{ logTags: 'ice' }, 'logTags must be an array'],
    [
      { logTags: ['snow'] },
      'logTags[0] must be one of info, ice, dtls, rtp, srtp, rtcp, rtx, bwe, score, simulcast, svc, sctp, message',
    ],
    [{ rtcMinPort: -1 }, 'rtcMinPort must be an integer from 0 to 65535'],
    [{ rtcMinPort: 7, rtcMaxPort: 6 }, 'rtcMaxPort must be an integer from 7 to 65535'],
    [{ dtlsCertificateFile: '/c' }, 'dtlsPrivateKeyFile must be a string of at most 4096 characters'],
    [{ dtlsPrivateKeyFile: '/k' }, 'dtlsCertificateFile must be a string of at most 4096 characters'],
    [{ workerBin: '' }, 'workerBin must not be empty'],
    [{ mode: 'fiber' }, 'mode must be one of process, thread'],
    [{ requestTimeout: 0 }, 'requestTimeout must be an integer from 1 to 2147483647'],
    [{ appData: 'mine' }, 'appData must be an object'],
  ])('refuses %j by a TypeError', (settings, message) => {
    expect(() => readWorkerSettings(settings)).toThrow(new TypeError(message));
  });
});
