/**
 * Readers for values of unknown origin. Each takes the value and its name, returns it with its type known, and
 * throws a TypeError with that name otherwise. A field is read once, so that a getter cannot change its mind.
 */

type Fields = Record<string, unknown>;

export function asObject(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${name} must be an object`);
  }
  return value as Fields;
}

export function asInteger(value: unknown, name: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw new TypeError(`${name} must be an integer from ${min} to ${max}`);
  }
  return value;
}

export function asBoolean(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw new TypeError(`${name} must be a boolean`);
  return value;
}

export function asString(value: unknown, name: string, maxLength: number): string {
  if (typeof value !== 'string' || value.length > maxLength) {
    throw new TypeError(`${name} must be a string of at most ${maxLength} characters`);
  }
  // They would break out of the SDP line in which the text may end up.
  if (/\p{Cc}/u.test(value)) throw new TypeError(`${name} must not have control characters`);
  return value;
}

export function asNonEmptyString(value: unknown, name: string, maxLength: number): string {
  if (value === '') throw new TypeError(`${name} must not be empty`);
  return asString(value, name, maxLength);
}

export function asOneOf<T extends string>(value: unknown, name: string, choices: readonly T[]): T {
  if (!choices.includes(value as T)) throw new TypeError(`${name} must be one of ${choices.join(', ')}`);
  return value as T;
}

export function asList<T>(
  value: unknown,
  name: string,
  maxLength: number,
  read: (item: unknown, name: string) => T,
): T[] {
  if (!Array.isArray(value)) throw new TypeError(`${name} must be an array`);
  if (value.length > maxLength) throw new TypeError(`${name} must have at most ${maxLength} items`);
  return Array.from(value, (item, index) => read(item, `${name}[${index}]`));
}

/** `{ key: read(value) }`, or `{}` when the value is missing: for optional fields, spread into a literal. */
export function optional<K extends string, T>(
  key: K,
  value: unknown,
  read: (value: unknown) => T,
): { [P in K]?: T } {
  return value === undefined || value === null ? {} : ({ [key]: read(value) } as { [P in K]?: T });
}

export function requireUnique<T>(items: T[], name: string, field: string, key: (item: T) => unknown): void {
  const seen = new Set<unknown>();
  items.forEach((item, index) => {
    const value = key(item);
    if (value === undefined) return;
    if (seen.has(value)) throw new TypeError(`${name}[${index}].${field} must be unique`);
    seen.add(value);
  });
}
