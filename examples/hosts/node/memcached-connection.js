// A connection to memcached with calls that wait: what the component calls must answer at once, and Node.js has no
// sockets that do. `memcached-worker.js` has the socket; this thread sleeps until the worker has answers.

import { MessageChannel, Worker, receiveMessageOnPort } from 'node:worker_threads';

/** A connection. Make it, use it and close it from one thread. */
export class MemcachedConnection {
  #worker;
  #port;
  #answered = new Int32Array(new SharedArrayBuffer(4));

  /** Connects. Throws when that takes longer than `timeout` milliseconds. */
  constructor(host, port, timeout) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const workerData = { host, port, timeout, port2, answered: this.#answered };
    this.#worker = new Worker(new URL('memcached-worker.js', import.meta.url), { workerData, transferList: [port2] });
    this.#worker.unref();
    const { error } = this.#receive();
    if (error !== undefined) throw new Error(error);
  }

  /**
   * Sends bytes that ask for `count` answers. What came in time is in `answers`, each with its `words` and its
   * `value`; when some are missing, `error` says why.
   */
  exchange(bytes, count) {
    this.#port.postMessage({ bytes, count });
    return this.#receive();
  }

  close() {
    this.#worker.terminate();
  }

  #receive() {
    // It may be woken once too often, by what was meant for the answer before.
    while (Atomics.exchange(this.#answered, 0, 0) === 0) Atomics.wait(this.#answered, 0, 0);
    return receiveMessageOnPort(this.#port).message;
  }
}
