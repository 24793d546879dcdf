// Replies of memcached, taken from the bytes of a connection.

// No line of memcached is nearly as long, and no value is larger than 1 GiB, the most that its option -I takes.
const MAX_LINE = 8192;
const MAX_VALUE = 1024 * 1024 * 1024;

/** Collects bytes, and returns whole replies. */
export class ReplyReader {
  #received = Buffer.alloc(0);

  push(data) {
    this.#received = Buffer.concat([this.#received, data]);
  }

  isEmpty() {
    return this.#received.length === 0;
  }

  /** Takes one reply, if all of it is there. Throws for what cannot be one. */
  next() {
    const lines = this.#lines();
    if (lines === undefined) return undefined;
    const { words, end: place } = lines.at(-1);
    const stats = Object.fromEntries(lines.slice(0, -1).map(({ words: [, name, stat] }) => [name, stat]));
    if (words[0] !== 'VA') return this.#take(place, { words, stats });
    const length = /^\d{1,10}$/.test(words[1]) ? Number(words[1]) : Infinity;
    if (length > MAX_VALUE) throw new Error('memcached sent a value without a valid length');
    if (this.#received.length < place + length + 2) return undefined;
    if (this.#received.toString('latin1', place + length, place + length + 2) !== '\r\n') {
      throw new Error('memcached sent a value of another length than it said');
    }
    // A copy, because a view would take all that was received along to the other thread.
    const value = new Uint8Array(this.#received.subarray(place, place + length));
    return this.#take(place + length + 2, { words, value });
  }

  #take(end, reply) {
    this.#received = this.#received.subarray(end);
    return reply;
  }

  /** The line of a reply; several only for statistics, up to the line that is none. */
  #lines() {
    const lines = [];
    let place = 0;
    do {
      const end = this.#received.indexOf('\r\n', place);
      if (end < 0) {
        if (this.#received.length - place > MAX_LINE) throw new Error('memcached sent a line that is too long');
        return undefined;
      }
      lines.push({ words: this.#received.toString('latin1', place, end).split(' '), end: end + 2 });
      place = end + 2;
    } while (lines.at(-1).words[0] === 'STAT');
    return lines;
  }
}
