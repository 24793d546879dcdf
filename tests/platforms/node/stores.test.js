// The stores of `examples/hosts/node`, with servers that do not behave. Run with the files of that directory beside.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MemcachedStore, serverAddress } from './memcached-store.js';
import { MemoryStore } from './memory-store.js';
import { GREETING, scriptedServer } from './scripted-server.js';
import { kindOf, sessions } from './sessions.js';

const TIMEOUT = 500;
const put = (key, expects = { tag: 'anything' }) => {
  const value = new Uint8Array([1]);
  return { key, expects, change: { tag: 'put', val: { value, lifetime: { tag: 'seconds', val: 100 } } } };
};
const bytes = (text) => new TextEncoder().encode(text);
const failsWith = (tag) => (error) => error.payload?.tag === tag;

async function withServer(scripts, work) {
  const { port, stop } = await scriptedServer(...scripts);
  try {
    await work(new MemcachedStore('127.0.0.1', port, TIMEOUT));
  } finally {
    await stop();
  }
}

const pause = (milliseconds) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

test('a server that never replies is unavailable, in time', () =>
  withServer([[]], (store) => {
    const begun = performance.now();
    assert.throws(() => store.getMany(['key']), failsWith('unavailable'));
    assert.ok(performance.now() - begun < 4 * TIMEOUT);
  }));

test('a thread that cannot connect reports it', () => {
  const store = new MemcachedStore('127.0.0.1', 99999999, TIMEOUT);
  assert.throws(() => store.getMany(['key']), failsWith('unavailable'));
});

test('more replies than commands are not taken for the next one', () =>
  withServer([[GREETING, 'EN\r\nVA 1 c9 t-1\r\nx\r\n', 'EN\r\n'], [GREETING, 'EN\r\n']], (store) => {
    assert.deepEqual(store.getMany(['one']), [undefined]);
    assert.deepEqual(store.getMany(['two']), [undefined]);
  }));

for (const reply of ['VA x\r\n', 'VA 1 c9\r\nx\r\n', '\r\n', 'VA 1 c t-1\r\nx\r\n', 'VA 1 c9 t-1\r\nxyz\r\n', 'SERVER_ERROR out of memory\r\n']) {
  test(`what cannot be read is unavailable, and closes the connection: ${JSON.stringify(reply)}`, () =>
    withServer([[GREETING, reply, 'EN\r\n'], [GREETING, 'VA 1 c9 t-1\r\nx\r\n']], (store) => {
      assert.throws(() => store.getMany(['one']), failsWith('unavailable'));
      assert.deepEqual([...store.getMany(['two'])[0].value], [...bytes('x')]);
    }));
}

test('a write over a connection that was closed meanwhile is sent over another one', () =>
  withServer([[GREETING, 'EN\r\n', ''], [GREETING, 'HD c5\r\n']], (store) => {
    assert.deepEqual(store.getMany(['one']), [undefined]);
    pause(100);
    assert.deepEqual(store.writeMany([put('one')]), [{ tag: 'applied', val: bytes('7.1000.5') }]);
  }));

test('a write whose reply is lost may have been done', () =>
  withServer([[GREETING, 'HD c5\r\n', '']], (store) => {
    assert.deepEqual(store.writeMany([put('one'), put('two')]).map(({ tag }) => tag), ['applied', 'unknown']);
  }));

for (const [what, greeting, tag] of [
  ['without compare-and-swap', GREETING.replace('yes', 'no'), 'unsupported'],
  ['with authentication', 'CLIENT_ERROR unauthenticated\r\nCLIENT_ERROR unauthenticated\r\n', 'denied'],
  ['that is no memcached', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'unavailable'],
  ['without settings', 'END\r\nEND\r\n', 'unavailable'],
]) {
  test(`a server ${what} is ${tag}`, () =>
    withServer([[greeting]], (store) => assert.throws(() => store.writeMany([put('key')]), failsWith(tag))));
}

test('keys and versions cannot bring words along', () =>
  withServer([[GREETING, 'HD\r\n', 'HD\r\n', 'HD\r\n']], (store) => {
    for (const key of ['a\r\nflush_all', 'a\n', 'a b', '', 'x'.repeat(251), 'ü']) {
      assert.throws(() => store.getMany([key]), failsWith('other'));
    }
    for (const version of ['7.1000.5 I', '', '6.1000.5']) {
      const [outcome] = store.writeMany([put('key', { tag: 'version', val: bytes(version) })]);
      assert.deepEqual(outcome, { tag: 'stale' });
    }
  }));

test('addresses of IPv6 have brackets', () => {
  assert.deepEqual(serverAddress('[::1]:11211'), ['::1', 11211]);
  assert.deepEqual(serverAddress('memcached.internal:11211'), ['memcached.internal', 11211]);
});

test('entries that expired unread are removed from memory', (context) => {
  const store = new MemoryStore();
  for (let number = 0; number < 999; number++) store.writeMany([put(`old-${number}`)]);
  context.mock.method(performance, 'now', () => 1e12);
  store.writeMany([put('new')]);
  assert.equal(store.size, 1);
});

test('a store that throws fails the call and no more', async () => {
  const store = new MemoryStore();
  const { Transaction, Container } = await sessions('generated', store);
  const begin = () => Container.open('test').session(new Transaction(), 'id');
  store.getMany = () => {
    throw new TypeError('broken');
  };
  assert.throws(begin, (error) => kindOf(error) === 'store');
  delete store.getMany;
  assert.equal(begin().id(), 'id');
});
