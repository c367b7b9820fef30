import { describe, expect, it } from '@jest/globals';
import { isRejected } from './description.js';
import { offer, router, transport } from './fixtures/offers.js';
import { parseDescription } from './parse.js';
import { renderAnswer, renderOffer } from './remote-sdp.js';
import type { RemoteSession } from './remote-session.js';
import {
  addConsumer,
  addDataChannels,
  afterExchange,
  closeConsumer,
  createRemoteSession,
  pauseConsumer,
  restartIce,
} from './remote-session.js';
import { sendingParameters } from './sending-parameters.js';

const sctpParameters = { port: 5000, maxMessageSize: 262144 };

function answer(
  browser: 'chromium' | 'firefox',
  mids: string[],
  change: (text: string) => string = (text) => text,
) {
  const text = change(offer(`${browser}-sending`));
  const sending = mids.map((mid) => sendingParameters({ offer: text, mid, routerRtpCapabilities: router }));
  return renderAnswer(transport, text, sending);
}

describe('renderAnswer', () => {
  it('is an ICE-lite, passive answer with our candidates', () => {
    const text = answer('chromium', ['0', '1', '2']);
    const { sections } = parseDescription(text);

    expect(text).toContain('a=ice-lite\r\n');
    expect(text).toContain('a=candidate:udp 1 udp 1076558079 203.0.113.7 44444 typ host\r\n');
    expect(text).toContain('a=candidate:tcp 1 tcp 1076302079 2001:db8::7 44445 typ host tcptype passive\r\n');
    for (const section of sections.slice(0, 3)) {
      expect(section).toMatchObject({
        setup: 'passive',
        ice: { usernameFragment: 'user', password: 'password0password1pass' },
        fingerprint: { algorithm: 'sha-256', value: 'CC:DD' },
        rtcpMux: true,
        rtcpReducedSize: true,
      });
    }
  });

  it.each(['chromium', 'firefox'] as const)('receives what %s sends, with its payload types', (browser) => {
    const offered = parseDescription(offer(`${browser}-sending`));
    const { sections, bundle } = parseDescription(answer(browser, ['0', '1', '2']));

    expect(bundle).toEqual(['0', '1', '2']);
    expect(sections.map(({ mid, direction }) => `${mid} ${direction}`)).toEqual([
      '0 recvonly',
      '1 recvonly',
      '2 recvonly',
      '3 sendrecv',
    ]);
    for (const [index, section] of sections.slice(0, 3).entries()) {
      const payloadTypes = offered.sections[index]?.codecs.map(({ payloadType }) => payloadType);
      expect(payloadTypes).toEqual(
        expect.arrayContaining(section.codecs.map(({ payloadType }) => payloadType)),
      );
      expect(section.codecs).toHaveLength(index === 0 ? 1 : 2);
    }
  });

  it('receives simulcast', () => {
    const text = answer('chromium', ['1']);

    expect(text).toContain('a=rid:q recv\r\na=rid:h recv\r\na=rid:f recv\r\n');
    expect(text).toContain('a=simulcast:recv q;h;f\r\n');
  });

  it('says recvonly for header extensions offered as sendonly', () => {
    const [, simulcast] = parseDescription(answer('firefox', ['1'])).sections;

    expect(simulcast?.headerExtensions.map(({ id, direction }) => `${id} ${direction}`)).toEqual([
      '3 sendrecv',
      '4 sendrecv',
      '5 sendrecv',
      '7 sendrecv',
      '8 recvonly',
      '9 recvonly',
      '10 recvonly',
    ]);
  });

  it('is inactive where nothing is sent', () => {
    const { sections, bundle } = parseDescription(answer('chromium', ['1']));

    expect(sections[0]).toMatchObject({ direction: 'inactive', port: 9 });
    expect(bundle).toContain('0');
  });

  it('accepts the header extensions of what is not sent too', () => {
    const rid = 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id';
    const [, , plain] = parseDescription(answer('chromium', ['0'])).sections;

    expect(plain?.headerExtensions.map(({ uri }) => uri)).toContain(rid);
  });

  it('stays inactive when the browser pauses a section', () => {
    const text = answer('chromium', ['0'], (sdp) => sdp.replace('a=sendonly', 'a=inactive'));

    expect(parseDescription(text).sections[0]?.direction).toBe('inactive');
  });

  it('keeps rejected sections rejected, out of the bundle, in the order of the offer', () => {
    const text = answer('chromium', ['2'], (sdp) =>
      sdp.replace('m=audio 9', 'm=audio 0').replace('BUNDLE 0 1 2 3', 'BUNDLE 2 1 3'),
    );
    const { sections, bundle } = parseDescription(text);

    expect(sections.map(isRejected)).toEqual([true, false, false, true]);
    expect(bundle).toEqual(['2', '1']);
  });

  it("accepts Firefox's bundle-only sections", () => {
    expect(parseDescription(answer('firefox', ['2'])).sections[2]).toMatchObject({
      port: 9,
      direction: 'recvonly',
    });
  });

  it('has data channels if the transport has', () => {
    const text = renderAnswer({ ...transport, sctpParameters }, offer('chromium-sending'), []);

    expect(parseDescription(text).sections[3]).toMatchObject({ port: 9, sctp: sctpParameters });
    expect(parseDescription(answer('chromium', [])).sections[3]?.port).toBe(0);
  });

  it('tells the encoder its codec parameters', () => {
    const text = offer('chromium-sending');
    const codecParameters = { usedtx: 1, stereo: 1 };
    const sending = sendingParameters({
      offer: text,
      mid: '0',
      routerRtpCapabilities: router,
      codecParameters,
    });

    expect(renderAnswer(transport, text, [sending])).toContain(
      'a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1;stereo=1\r\n',
    );
  });
});

function consumer(kind: 'audio' | 'video', mid: string) {
  const audio = [{ mimeType: 'audio/opus', payloadType: 100, clockRate: 48000, channels: 2 }];
  const video = [
    {
      mimeType: 'video/VP8',
      payloadType: 101,
      clockRate: 90000,
      rtcpFeedback: [{ type: 'nack', parameter: 'pli' }],
    },
    { mimeType: 'video/rtx', payloadType: 102, clockRate: 90000, parameters: { apt: 101 } },
  ];
  const ssrc = 1000 + Number(mid);
  return {
    kind,
    streamId: 'stream',
    trackId: `track${mid}`,
    rtpParameters: {
      mid,
      codecs: kind === 'audio' ? audio : video,
      headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:sdes:mid' as const, id: 1 }],
      encodings: [kind === 'audio' ? { ssrc } : { ssrc, rtx: { ssrc: ssrc + 100 } }],
      rtcp: { cname: 'alice' },
    },
  };
}

function session(): RemoteSession {
  const empty = createRemoteSession({ ...transport, sctpParameters });
  return addConsumer(addConsumer(empty, consumer('audio', '0')), consumer('video', '1'));
}

function lines(remote: RemoteSession): string[] {
  return parseDescription(renderOffer(remote)).sections.map(
    ({ mid, port, direction }) => `${mid} ${port} ${direction}`,
  );
}

describe('renderOffer', () => {
  it('has a section for each consumer', () => {
    const text = renderOffer(session());

    expect(text).toContain('a=ice-lite\r\n');
    expect(text).toContain('a=group:BUNDLE 0 1\r\n');
    expect(parseDescription(text).sections[1]).toMatchObject({
      kind: 'video',
      mid: '1',
      port: 9,
      direction: 'sendonly',
      setup: 'actpass',
      codecs: [{ payloadType: 101 }, { payloadType: 102, parameters: { apt: 101 } }],
      headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 1 }],
      msid: { streamId: 'stream', trackId: 'track1' },
      ssrcs: [
        { ssrc: 1001, cname: 'alice' },
        { ssrc: 1101, cname: 'alice' },
      ],
      ssrcGroups: [{ semantics: 'FID', ssrcs: [1001, 1101] }],
    });
  });

  it('has no group for a stream without retransmissions', () => {
    expect(parseDescription(renderOffer(session())).sections[0]).toMatchObject({
      ssrcs: [{ ssrc: 1000 }],
      ssrcGroups: [],
    });
  });

  it('counts its versions', () => {
    expect(parseDescription(renderOffer(session())).sessionVersion).toBe(session().version);
  });

  it('is inactive for a paused consumer', () => {
    expect(lines(pauseConsumer(session(), '1'))).toEqual(['0 9 sendonly', '1 9 inactive']);
  });

  it('rejects a closed section, then lets another have it', () => {
    const closed = closeConsumer(session(), '1');
    const vacant = afterExchange(closed);

    expect(lines(closed)).toEqual(['0 9 sendonly', '1 0 inactive']);
    expect(renderOffer(closed)).toContain('a=group:BUNDLE 0\r\n');
    expect(lines(vacant)).toEqual(['0 9 sendonly', '1 0 inactive']);
    expect(lines(addConsumer(vacant, consumer('audio', '2')))).toEqual(['0 9 sendonly', '2 9 sendonly']);
  });

  it('does not reject the first section, which has the transport of all', () => {
    const closed = closeConsumer(session(), '0');

    expect(lines(closed)).toEqual(['0 9 inactive', '1 9 sendonly']);
    expect(parseDescription(renderOffer(closed)).sections[0]).toMatchObject({ ssrcs: [] });
    expect(lines(afterExchange(closed))).toEqual(lines(closed));
  });

  it('has a section for data channels', () => {
    const text = renderOffer(addDataChannels(session()));

    expect(text).toContain('m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n');
    expect(parseDescription(text).sections[2]).toMatchObject({ mid: 'data', sctp: sctpParameters });
  });

  it('has the new credentials everywhere after an ICE restart', () => {
    const iceParameters = { usernameFragment: 'new', password: 'newnewnewnewnewnewnewnew' };
    const text = renderOffer(restartIce(addDataChannels(session()), iceParameters));

    expect(text.match(/a=ice-ufrag:new\r\n/g)).toHaveLength(3);
    expect(text.match(/a=ice-ufrag:/g)).toHaveLength(3);
    expect(text.match(/a=ice-pwd:new/g)).toHaveLength(3);
  });
});
