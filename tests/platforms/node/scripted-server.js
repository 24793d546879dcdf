// A server on which each connection does what a test says. It has a thread of its own, because the thread of a test
// sleeps while its store waits.

import { createServer } from 'node:net';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

export const GREETING =
  'STAT pid 7\r\nSTAT uptime 10\r\nSTAT time 1010\r\nEND\r\nSTAT item_size_max 1048576\r\nSTAT cas_enabled yes\r\nEND\r\n';

/**
 * Starts a server. Each connection follows the next script: it sends one of the texts whenever it receives something,
 * the greeting first, and closes after the text `''`. Returns the port, and `stop`.
 */
export async function scriptedServer(...scripts) {
  const worker = new Worker(new URL(import.meta.url), { workerData: scripts });
  const port = await new Promise((resolve) => worker.once('message', resolve));
  return { port, stop: () => worker.terminate() };
}

if (!isMainThread && Array.isArray(workerData)) {
  const scripts = [...workerData];
  const server = createServer((socket) => {
    const texts = [...(scripts.shift() ?? [''])];
    socket.on('error', () => {});
    socket.on('data', () => {
      const text = texts.shift();
      if (text) socket.write(text, 'latin1');
      if (texts[0] === '') socket.end();
    });
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
}
