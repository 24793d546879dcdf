/**
 * Copies of a request, one for each run of a handler, each with the whole body. What no copy reads is not read from
 * the client. The body of the request itself can no longer be read.
 *
 * `Request.clone` would do, but in StarlingMonkey it fails once somebody has looked at the headers.
 */
export class RequestCopies {
  readonly #request: Request;
  /** Whether the body was read before. Then no copy can have it, and each is the request itself. */
  readonly #isRead: boolean;
  /** The body for the copies to come. */
  #rest: ReadableStream<Uint8Array> | null;

  constructor(request: Request) {
    this.#request = request;
    this.#isRead = request.bodyUsed || (request.body?.locked ?? false);
    this.#rest = this.#isRead ? null : request.body;
  }

  /** Returns another copy. */
  next(): Request {
    if (this.#isRead) return this.#request;
    if (this.#rest === null) return new Request(this.#request);
    const [body, rest] = this.#rest.tee();
    this.#rest = rest;
    // The type of the standard library lacks `duplex`, without which engines refuse a stream.
    const init: RequestInit & { duplex: 'half' } = { body, duplex: 'half' };
    return new Request(this.#request, init);
  }
}
