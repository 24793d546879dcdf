// Counters that go down.

import { NotACounterError } from '../errors/sessions.js';

const LARGEST = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Returns the JSON text of a counter after an addition, as the component computes it.
 *
 * The component adds positive numbers itself. It cannot be given negative ones, because componentize-js 0.23 aborts the
 * application when it passes a negative number of 64 bits: https://github.com/bytecodealliance/ComponentizeJS/issues/343.
 *
 * @param text - The JSON text under the key, or undefined.
 */
export function sum(text: string | undefined, addend: bigint, where: { package: string; key: string }): string {
  const held = heldBy(text);
  const total = (held ?? 0n) + addend;
  if (held === undefined || total < -LARGEST || total > LARGEST) {
    const asNumber = held === undefined ? undefined : Number(held);
    throw new NotACounterError({ ...where, held: asNumber, added: Number(addend) });
  }
  return total.toString();
}

/** Returns the counter that a text holds, or undefined if it holds none. */
function heldBy(text = '0'): bigint | undefined {
  // JSON has no leading zeros, so longer texts are out of range, and slow to read.
  if (!/^-?\d{1,16}$/.test(text)) return undefined;
  const held = BigInt(text);
  return held < -LARGEST || held > LARGEST ? undefined : held;
}
