// The thread that has the socket of a `MemcachedConnection`.

import { connect } from 'node:net';
import { workerData } from 'node:worker_threads';

const { host, port, timeout, port2: caller, answered } = workerData;
const socket = connect({ host, port, noDelay: true });

let received = Buffer.alloc(0);
let missing = 0;
let answers = [];
let timer = setTimeout(() => give('memcached does not answer'), timeout);

socket.on('connect', () => give());
socket.on('error', (error) => give(error.message));
socket.on('close', () => give('memcached closed the connection'));
socket.on('data', (data) => {
  received = Buffer.concat([received, data]);
  for (let answer; missing > 0 && (answer = next()); missing--) answers.push(answer);
  if (missing === 0) give();
});

caller.on('message', ({ bytes, count }) => {
  missing = count;
  timer = setTimeout(() => give('memcached does not answer'), timeout);
  socket.write(bytes);
});

/** Wakes the caller with what there is, if it waits. */
function give(error) {
  if (timer === undefined) return;
  clearTimeout(timer);
  timer = undefined;
  caller.postMessage({ answers, error });
  answers = [];
  Atomics.store(answered, 0, 1);
  Atomics.notify(answered, 0);
}

/** Takes one answer from what was received, if all of it is there. */
function next() {
  const lines = [];
  let place = 0;
  do {
    const end = received.indexOf('\r\n', place);
    if (end < 0) return undefined;
    lines.push(received.toString('latin1', place, end).split(' '));
    place = end + 2;
  } while (lines.at(-1)[0] === 'STAT');
  const words = lines.at(-1);
  let value;
  if (words[0] === 'VA') {
    const end = place + Number(words[1]);
    if (received.length < end + 2) return undefined;
    value = received.subarray(place, end);
    place = end + 2;
  }
  received = received.subarray(place);
  return { words, value, stats: Object.fromEntries(lines.map(([, name, stat]) => [name, stat])) };
}
