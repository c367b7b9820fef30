import { describe, expect, it } from '@jest/globals';
import type { Description } from './description.js';
import { offer } from './fixtures/offers.js';
import { parseDescription } from './parse.js';
import { writeDescription } from './write.js';

describe('writeDescription', () => {
  it.each(['chromium-capabilities', 'chromium-sending', 'firefox-capabilities', 'firefox-sending'] as const)(
    'writes what was read: %s',
    (name) => {
      const description = parseDescription(offer(name));

      expect(parseDescription(writeDescription(description))).toEqual(description);
    },
  );

  it('writes lines as the RFCs have them', () => {
    const [section] = parseDescription(offer('chromium-sending')).sections.slice(2);
    const description: Description = {
      sessionId: '1',
      sessionVersion: 2,
      iceLite: true,
      extmapAllowMixed: true,
      bundle: ['2'],
      sections: section
        ? [
            {
              ...section,
              codecs: section.codecs.slice(0, 2),
              headerExtensions: [{ uri: 'urn:x', id: 3, direction: 'recvonly', encrypt: false }],
              candidates: [
                {
                  foundation: 'a',
                  priority: 1,
                  address: '::1',
                  protocol: 'tcp',
                  port: 5,
                  type: 'host',
                  tcpType: 'passive',
                },
              ],
            },
          ]
        : [],
    };

    const lines = writeDescription(description).split('\r\n');

    expect(lines).toEqual(
      expect.arrayContaining([
        'o=- 1 2 IN IP4 0.0.0.0',
        'a=ice-lite',
        'a=extmap-allow-mixed',
        'a=group:BUNDLE 2',
        'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
        'a=rtpmap:96 VP8/90000',
        'a=rtcp-fb:96 nack pli',
        'a=fmtp:97 apt=96',
        'a=extmap:3/recvonly urn:x',
        'a=candidate:a 1 tcp 1 ::1 5 typ host tcptype passive',
        'a=end-of-candidates',
        'a=ssrc-group:FID 469865565 3155978790',
        'a=rtcp-mux',
        'a=rtcp-rsize',
      ]),
    );
    expect(lines.filter((line) => line.startsWith('a=fmtp:96'))).toEqual([]);
  });
});
