import { randomUUID } from 'node:crypto';
import { asNonEmptyString } from '../../shared/rtp/fields.js';

const MAX_ID = 255;

/** @throws TypeError naming the field */
export function asId(value: unknown, name: string): string {
  return asNonEmptyString(value, name, MAX_ID);
}

/** The option `id` of a new object; without it a UUID v4. */
export function asNewId(value: unknown): string {
  return value === undefined ? randomUUID() : asId(value, 'id');
}
