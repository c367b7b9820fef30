import { describe, expect, it } from '@jest/globals';
import { readSubchannels, toDataMessage } from './data-message.js';

const zero = Buffer.alloc(1);

describe('toDataMessage', () => {
  it.each([
    ['text', 'hé', undefined, 51, Buffer.from('hé')],
    ['bytes', Buffer.from([0, 255]), undefined, 53, Buffer.from([0, 255])],
    ['bytes of any view', new Uint8Array([7]), undefined, 53, new Uint8Array([7])],
    ['empty text', '', undefined, 56, Buffer.from(' ')],
    ['empty bytes', Buffer.alloc(0), undefined, 57, zero],
    ['empty text that says so', '', 51, 56, Buffer.from(' ')],
    ['empty bytes that say so', '', 53, 57, zero],
    ['what is said to be empty text', 'not really', 56, 56, Buffer.from(' ')],
    ['what is said to be empty bytes', Buffer.from([1, 2]), 57, 57, zero],
    ['text with another PPID', 'x', 0xffffffff, 0xffffffff, Buffer.from('x')],
  ])('gives %s its PPID, and never nothing at all', (_, message, ppid, expected, bytes) => {
    expect(toDataMessage(message, ppid)).toEqual({ ppid: expected, message: bytes });
  });

  it.each([
    ['no message', undefined, undefined, 'message must be a string or a Buffer'],
    ['a number', 7, undefined, 'message must be a string or a Buffer'],
    ['a PPID that is no number', 'x', '51', 'ppid must be an integer from 0 to 4294967295'],
    ['a PPID out of range', 'x', -1, 'ppid must be an integer from 0 to 4294967295'],
    ['nothing with a PPID of its own', '', 99, 'message must not be empty with ppid 99'],
  ])('refuses %s by a TypeError', (_, message, ppid, expected) => {
    expect(() => toDataMessage(message, ppid)).toThrow(new TypeError(expected));
  });
});

describe('readSubchannels', () => {
  it('takes each once', () => {
    expect(readSubchannels([65535, 0, 65535])).toEqual([65535, 0]);
  });

  it.each([
    ['no array', 7, 'subchannels must be an array'],
    ['a string in it', [1, '2'], 'subchannels[1] must be an integer from 0 to 65535'],
    ['one out of range', [65536], 'subchannels[0] must be an integer from 0 to 65535'],
  ])('refuses %s', (_, value, message) => {
    expect(() => readSubchannels(value)).toThrow(new TypeError(message));
  });
});
