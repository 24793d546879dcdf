// Checks of arguments that the bindings would change without a word.

import type { NameKind } from '../errors/data.js';
import { MisuseError } from '../errors/use.js';

const KINDS: Record<NameKind, string> = {
  container: 'the name of a container',
  'session-id': 'a session id',
  package: 'the name of a package',
  key: 'a key',
};

/** Returns the name. The component checks its length. */
export function checkedName(kind: NameKind, name: unknown): string {
  if (typeof name !== 'string') throw new MisuseError(`${KINDS[kind]} must be a string, not a value of type ${typeof name}`);
  // The bindings would replace the half by U+FFFD, and two different names would become one.
  if (!name.isWellFormed()) throw new MisuseError(`${KINDS[kind]} must not have lone surrogates`);
  return name;
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
