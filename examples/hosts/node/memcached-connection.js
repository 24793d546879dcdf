// A connection to memcached with calls that wait: what the component calls must return at once, and Node.js has no
// sockets that wait. `memcached-worker.js` has the socket; this thread sleeps until the worker has replies.

import { MessageChannel, Worker, receiveMessageOnPort } from 'node:worker_threads';

// How long a worker may take beyond its own time limit, to start and to report, in milliseconds.
const GRACE = 5000;

/** A connection. Make it, use it and close it from one thread. */
export class MemcachedConnection {
  #worker;
  #port;
  #replied = new Int32Array(new SharedArrayBuffer(4));
  #timeout;

  /** Connects. Throws when that takes longer than `timeout` milliseconds. */
  constructor(host, port, timeout) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#timeout = timeout;
    const workerData = { host, port, timeout, port2, replied: this.#replied };
    this.#worker = new Worker(new URL('memcached-worker.js', import.meta.url), { workerData, transferList: [port2] });
    this.#worker.unref();
    // Without a listener, an error of the worker would end the process. That it does not report is noticed below.
    this.#worker.on('error', () => {});
    const { error } = this.#receive();
    if (error !== undefined) {
      this.close();
      throw new Error(error);
    }
  }

  /**
   * Sends bytes that ask for `count` replies. What came in time is in `replies`, each with its `words` and its
   * `value`; when some are missing, `error` says why. With `unsent`, nothing was sent. After an error the connection
   * must be closed: replies can be on their way.
   */
  exchange(bytes, count) {
    this.#port.postMessage({ bytes, count });
    return this.#receive();
  }

  close() {
    this.#port.close();
    this.#worker.terminate();
  }

  /** Waits for the worker, but not for one that died: its end could only be reported to a thread that is awake. */
  #receive() {
    const end = performance.now() + this.#timeout + GRACE;
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received !== undefined) return received.message;
      const left = end - performance.now();
      if (left <= 0) return { replies: [], error: 'the thread of the connection does not report' };
      Atomics.wait(this.#replied, 0, 0, left);
      Atomics.store(this.#replied, 0, 0);
    }
  }
}
