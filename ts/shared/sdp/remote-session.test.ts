import { describe, expect, it } from '@jest/globals';
import { NotFoundError } from '../errors.js';
import { transport } from './fixtures/offers.js';
import type { RemoteSession } from './remote-session.js';
import {
  addConsumer,
  addDataChannels,
  afterExchange,
  closeConsumer,
  createRemoteSession,
  pauseConsumer,
  restartIce,
  resumeConsumer,
} from './remote-session.js';

function audio(mid: string, rest: { msid?: string; rtcp?: { cname: string } } = {}) {
  const codecs = [{ mimeType: 'audio/opus', payloadType: 100, clockRate: 48000, channels: 2 }];
  return {
    kind: 'audio' as const,
    trackId: `track${mid}`,
    rtpParameters: { mid, codecs, encodings: [{ ssrc: 1 }], ...rest },
  };
}

function withConsumers(...mids: string[]): RemoteSession {
  return mids.reduce((session, mid) => addConsumer(session, audio(mid)), createRemoteSession(transport));
}

function states({ sections }: RemoteSession): string[] {
  return sections.map(({ mid, state }) => `${mid} ${state}`);
}

describe('RemoteSession', () => {
  it('adds sections in order', () => {
    expect(states(withConsumers('0', '1'))).toEqual(['0 active', '1 active']);
  });

  it('is a value: the one before stays as it was', () => {
    const before = withConsumers('0');

    addConsumer(before, audio('1'));
    closeConsumer(before, '0');

    expect(states(before)).toEqual(['0 active']);
  });

  it('has another version after each change', () => {
    const one = withConsumers('0');
    const two = pauseConsumer(one, '0');

    expect(two.version).toBe(one.version + 1);
    expect(restartIce(two, transport.iceParameters).version).toBe(two.version + 1);
    expect(afterExchange(two).version).toBe(two.version);
  });

  it('pauses, resumes and closes', () => {
    const session = withConsumers('0', '1');

    expect(states(pauseConsumer(session, '1'))).toEqual(['0 active', '1 paused']);
    expect(states(resumeConsumer(pauseConsumer(session, '1'), '1'))).toEqual(['0 active', '1 active']);
    expect(states(closeConsumer(session, '1'))).toEqual(['0 active', '1 closed']);
  });

  it('gives a closed section away only after the exchange', () => {
    const closed = closeConsumer(withConsumers('0', '1', '2'), '1');

    expect(states(addConsumer(closed, audio('3')))).toEqual(['0 active', '1 closed', '2 active', '3 active']);
    expect(states(addConsumer(afterExchange(closed), audio('3')))).toEqual([
      '0 active',
      '3 active',
      '2 active',
    ]);
  });

  it('never gives the first section away', () => {
    const closed = afterExchange(closeConsumer(withConsumers('0', '1'), '0'));

    expect(states(addConsumer(closed, audio('2')))).toEqual(['0 closed', '1 active', '2 active']);
  });

  it('does not know closed consumers', () => {
    const closed = closeConsumer(withConsumers('0'), '0');

    expect(() => resumeConsumer(closed, '0')).toThrow(NotFoundError);
    expect(() => closeConsumer(closed, '7')).toThrow(new NotFoundError('no consumer has mid 7'));
  });

  it('refuses a mid in use, and takes it again when it is vacant', () => {
    const session = withConsumers('0', '1');

    expect(() => addConsumer(session, audio('1'))).toThrow('rtpParameters.mid 1 must not be in use');
    expect(states(addConsumer(afterExchange(closeConsumer(session, '1')), audio('1')))).toEqual([
      '0 active',
      '1 active',
    ]);
  });

  it('refuses malformed parameters', () => {
    const { rtpParameters, ...rest } = audio('0', { rtcp: { cname: 'a\r\na=b' } });

    expect(() => addConsumer(createRemoteSession(transport), { ...rest, rtpParameters })).toThrow(
      'rtpParameters.rtcp.cname must not have control characters',
    );
    expect(() =>
      addConsumer(createRemoteSession(transport), { ...rest, rtpParameters: { codecs: [] } }),
    ).toThrow('rtpParameters.mid must be given');
  });

  it.each([
    ['s', { msid: 's t', rtcp: { cname: 'c' } }],
    ['c', { rtcp: { cname: 'c' } }],
    ['-', {}],
  ])('has stream %s for %j', (streamId, rest) => {
    const [section] = addConsumer(createRemoteSession(transport), audio('0', rest)).sections;

    expect(section).toMatchObject({ streamId, trackId: 'track0' });
  });

  it('has one section for data channels', () => {
    const withSctp = createRemoteSession({ ...transport, sctpParameters: { port: 5000, maxMessageSize: 1 } });

    expect(states(addDataChannels(addDataChannels(withSctp)))).toEqual(['data active']);
    expect(() => addDataChannels(createRemoteSession(transport))).toThrow(
      'transport.sctpParameters must be given',
    );
  });

  it('changes the ICE parameters only on a restart', () => {
    const iceParameters = { usernameFragment: 'new', password: 'newnewnewnewnewnewnewnew' };
    const session = restartIce(withConsumers('0'), iceParameters);

    expect(session.transport).toEqual({ ...transport, iceParameters });
    expect(states(session)).toEqual(['0 active']);
  });
});
