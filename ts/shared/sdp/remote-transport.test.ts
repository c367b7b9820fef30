import { describe, expect, it } from '@jest/globals';
import { offer, transport } from './fixtures/offers.js';
import { localDtlsParameters, transportFields } from './remote-transport.js';

describe('localDtlsParameters', () => {
  it('finds the fingerprint in a section or in the session', () => {
    expect(localDtlsParameters(offer('chromium-sending'))).toEqual({
      role: 'client',
      fingerprints: [{ algorithm: 'sha-256', value: expect.stringMatching(/^14:B3:/) }],
    });
    expect(localDtlsParameters(offer('firefox-sending')).fingerprints[0]?.value).toMatch(/^7F:57:/);
  });

  it('takes the role of an answer', () => {
    const answer = (setup: string) => offer('chromium-sending').replaceAll('setup:actpass', `setup:${setup}`);

    expect(localDtlsParameters(answer('active')).role).toBe('client');
    expect(localDtlsParameters(answer('passive')).role).toBe('server');
  });

  it('names what is missing', () => {
    expect(() => localDtlsParameters('v=0\r\n')).toThrow('localDescription must have a fingerprint');
  });
});

describe('transportFields', () => {
  it('has the sha-256 fingerprint', () => {
    expect(transportFields(transport).fingerprint).toEqual({ algorithm: 'sha-256', value: 'CC:DD' });
  });
});
