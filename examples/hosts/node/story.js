// Goes through what sessions promise, and tells what it saw.
//
//     node story.js generated                     # sessions in memory
//     node story.js generated 127.0.0.1:11211     # sessions in memcached

import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker, isMainThread, workerData } from 'node:worker_threads';

import { MemcachedStore, serverAddress } from './memcached-store.js';
import { MemoryStore } from './memory-store.js';
import { kindOf, sessions } from './sessions.js';

const WRITERS = 8;
const INCREMENTS = 25;
const CONTAINER = 'MemCacheSession';

const [directory, server] = isMainThread ? process.argv.slice(2) : workerData.arguments;
const shared = new MemoryStore();

/** An instance of the component of its own. */
function instance() {
  return sessions(directory, server ? new MemcachedStore(...serverAddress(server)) : shared);
}

/** What the Python package `lovely.session` tells about its sessions. */
async function story(id) {
  const begin = async () => {
    const { Transaction, Container } = await instance();
    const tx = new Transaction();
    return { tx, data: Container.open(CONTAINER).session(tx, id).package('myData') };
  };
  let { tx, data } = await begin();
  expect('a new session is empty', data.entries(), []);
  data.set('info', '"stored in memcache"');
  expect('it shows what was written', data.entries(), [['info', '"stored in memcache"']]);
  tx.commit();

  ({ tx, data } = await begin());
  expect('another instance reads what was committed', data.entries(), [['info', '"stored in memcache"']]);
  data.set('info', '"we want to keep this"');
  const savepoint = tx.savepoint();
  data.set('info', '"this is temporary"');
  expect('it shows what was written after a savepoint', data.get('info'), '"this is temporary"');
  savepoint.rollback();
  expect('a rollback returns to the savepoint', data.get('info'), '"we want to keep this"');
  tx.commit();

  ({ tx, data } = await begin());
  expect('what the savepoint kept is stored', data.get('info'), '"we want to keep this"');
  tx.abort();
  expect('a finished transaction refuses work', errorOf(() => data.get('info')), 'finished');
}

/** Counts up one key as often as asked; several instances do so at the same time. */
async function countUp(id, turns) {
  const { Transaction, Container } = await instance();
  let limit = 0;
  for (let turn = 0; turn < turns; ) {
    const tx = new Transaction();
    const counts = Container.open(CONTAINER).session(tx, id).package('counts');
    const visits = JSON.parse(counts.get('visits') ?? '0');
    // Others get their turn between reading and writing.
    await new Promise(setImmediate);
    counts.set('visits', JSON.stringify(visits + 1));
    if (errorOf(() => tx.commit()) !== 'conflict') {
      turn++;
      limit = 0;
    } else {
      // At random, and longer each time, so that writers do not meet again.
      await pause(Math.random() * limit);
      limit = Math.min(Math.max(2, 2 * limit), 250);
    }
  }
}

/** Writers are threads where the store can be shared by threads, and otherwise take turns in this one. */
async function increments(id) {
  const writers = Array.from({ length: WRITERS }, () => (server ? inThread(id) : countUp(id, INCREMENTS)));
  await Promise.all(writers);
  const { Transaction, Container } = await instance();
  return JSON.parse(Container.open(CONTAINER).session(new Transaction(), id).package('counts').get('visits'));
}

function inThread(id) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { arguments: [directory, server], id } });
  return new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
}

/** The kind of error that work ends in, if in one. */
function errorOf(work) {
  try {
    work();
  } catch (error) {
    return kindOf(error);
  }
}

function expect(what, found, expected) {
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
  }
  console.log(what);
}

if (isMainThread) {
  const id = randomBytes(8).toString('hex');
  await story(id);
  const total = await increments(id);
  console.log(`${WRITERS} writers with ${INCREMENTS} increments each: ${total}`);
  if (total !== WRITERS * INCREMENTS) throw new Error('an increment is lost');
} else {
  await countUp(workerData.id, INCREMENTS);
}
