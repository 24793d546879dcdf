// Sessions in a Node.js program: the session component as jco translates it, with a store written in JavaScript.
//
//     npx jco transpile lovely-session.wasm --name session --instantiation async --out-dir generated
//
//     const { Transaction, Container } = await sessions('generated', new MemoryStore());
//     const tx = new Transaction();
//     const cart = Container.open('shop').session(tx, 'an id').package('cart');
//     cart.set('apple', '2');
//     tx.commit();

import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { wallClock } from '@bytecodealliance/preview2-shim/clocks';
import { random } from '@bytecodealliance/preview2-shim/random';

/** An instance of the component that keeps its sessions in `store`; `directory` has what jco made of it. */
export async function sessions(directory, store) {
  const { instantiate } = await import(pathToFileURL(join(resolve(directory), 'session.js')));
  const module = async (name) => WebAssembly.compile(await readFile(join(directory, name)));
  const component = await instantiate(module, {
    'lovely:session/key-value': {
      getMany: (keys, touch) => shielded(() => store.getMany(keys, touch)),
      writeMany: (writes) => shielded(() => store.writeMany(writes), () => writes.map(() => ({ tag: 'unknown' }))),
    },
    'wasi:clocks/wall-clock': wallClock,
    'wasi:random/random': random,
  });
  return { ...component.transactions, ...component.sessions };
}

/**
 * Does the work of a store. An error that is not one of `wit/key-value.wit` must not reach the component: it would make
 * the instance unusable.
 */
function shielded(work, failed) {
  try {
    return work();
  } catch (error) {
    if (error?.payload?.tag !== undefined) throw error;
    // Nobody knows what a store wrote before it threw.
    if (failed !== undefined) return failed();
    throw { payload: { tag: 'other', val: String(error) } };
  }
}

/** The case of `error` in `wit/transactions.wit` that a call failed with; anything else is thrown on. */
export function kindOf(error) {
  if (error?.payload?.tag === undefined) throw error;
  return error.payload.tag;
}
