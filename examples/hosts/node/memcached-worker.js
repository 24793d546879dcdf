// The thread that has the socket of a `MemcachedConnection`.

import { connect } from 'node:net';
import { workerData } from 'node:worker_threads';

import { ReplyReader } from './memcached-replies.js';

const { host, port, timeout, port2: caller, replied } = workerData;
const reader = new ReplyReader();
let missing = 0;
let replies = [];
let timer = setTimeout(() => fail('memcached does not reply'), timeout);
let closed;
let socket;

try {
  socket = connect({ host, port, noDelay: true });
  socket.on('connect', () => give());
  socket.on('error', (error) => fail(error.message));
  socket.on('close', () => fail('memcached closed the connection'));
  socket.on('data', receive);
} catch (error) {
  fail(error.message);
}

caller.on('message', ({ bytes, count }) => {
  timer = setTimeout(() => fail('memcached does not reply'), timeout);
  if (closed !== undefined) return give({ error: closed, unsent: true });
  missing = count;
  if (count === 0) return give();
  socket.write(bytes);
});

function receive(data) {
  try {
    reader.push(data);
    for (let reply; missing > 0 && (reply = reader.next()); missing--) replies.push(reply);
    // What nobody asked for would be taken for the reply to the next command.
    if (missing === 0 && !reader.isEmpty()) end('memcached sent more than it was asked for');
    if (missing === 0) give();
  } catch (error) {
    fail(error.message);
  }
}

/** Gives up the connection, and tells the caller, if it waits. */
function fail(error) {
  end(error);
  give({ error });
}

function end(error) {
  closed ??= error;
  socket?.destroy();
}

/** Wakes the caller with what there is, if it waits. */
function give(more = {}) {
  if (timer === undefined) return;
  clearTimeout(timer);
  timer = undefined;
  caller.postMessage({ replies, ...more });
  replies = [];
  Atomics.store(replied, 0, 1);
  Atomics.notify(replied, 0);
}
