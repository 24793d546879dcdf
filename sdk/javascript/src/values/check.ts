// Checks of arguments that the bindings would change without a word.

import type { NameKind } from '../errors/data.js';
import { MisuseError } from '../errors/use.js';
import { isPlain } from './write.js';

const KINDS: Record<NameKind, string> = {
  container: 'the name of a container',
  'session-id': 'a session id',
  package: 'the name of a package',
  key: 'a key',
};

/** Returns the name. The component checks its length. */
export function checkedName(kind: NameKind, name: unknown): string {
  if (typeof name !== 'string')
    throw new MisuseError(`${KINDS[kind]} must be a string, not a value of type ${typeof name}`);
  // The bindings would replace the half by U+FFFD, and two different names would become one.
  if (!name.isWellFormed()) throw new MisuseError(`${KINDS[kind]} must not have lone surrogates`);
  return name;
}

/** Returns the pairs of keys and values that an update stores. */
export function checkedEntries(values: unknown): [unknown, unknown][] {
  const entries = entriesOf(values);
  if (entries.every((entry) => Array.isArray(entry) && entry.length === 2)) return entries;
  throw new MisuseError('the pairs of an update must be arrays of a key and a value');
}

/** Of a promise or an instance of a class, nothing or not everything would be stored. */
function entriesOf(values: unknown): [unknown, unknown][] {
  if (typeof values === 'object' && values !== null) {
    if (Symbol.iterator in values) return [...(values as Iterable<[unknown, unknown]>)];
    if (isPlain(values) && Object.getOwnPropertySymbols(values).length === 0) return Object.entries(values);
  }
  throw new MisuseError('update takes a plain object, or pairs of keys and values; await a promise first');
}

const MIN_I64 = -(2n ** 63n);
const MAX_I64 = 2n ** 63n - 1n;

/** Returns the number that a counter can be changed by. */
export function checkedAddend(number: unknown): bigint {
  const isWhole = typeof number === 'bigint' || Number.isSafeInteger(number);
  const addend = isWhole ? BigInt(number as bigint | number) : undefined;
  if (addend === undefined || addend < MIN_I64 || addend > MAX_I64) {
    throw new MisuseError('add takes a whole number: a safe integer, or a BigInt of 64 bits');
  }
  return addend;
}
