// Below this number of entries, it is not worth the time to look for those that have expired.
const FEW_ENTRIES = 1000;

/** A store in the memory of the process. */
export class MemoryStore {
  #entries = new Map();
  #sweepAt = FEW_ENTRIES;
  #versions = 0;

  /** `get-many` of `wit/key-value.wit`. */
  getMany(keys, touch) {
    return keys.map((key) => {
      const entry = this.#live(key);
      if (entry === undefined) return undefined;
      const { value, version } = entry;
      const secondsLeft = entry.ends === Infinity ? undefined : Math.floor((entry.ends - performance.now()) / 1000);
      if (touch !== undefined) entry.ends = endOf(touch);
      return { value, version, secondsLeft };
    });
  }

  /** `write-many` of `wit/key-value.wit`. */
  writeMany(writes) {
    const outcomes = writes.map((write) => this.#write(write));
    if (this.#entries.size >= this.#sweepAt) this.#sweep();
    return outcomes;
  }

  /** The number of entries, with those that expired and were not removed yet. */
  get size() {
    return this.#entries.size;
  }

  /** Removes what has expired: most of it is never read again. The next time is when there are twice as many. */
  #sweep() {
    for (const key of this.#entries.keys()) this.#live(key);
    this.#sweepAt = Math.max(FEW_ENTRIES, 2 * this.#entries.size);
  }

  #write({ key, expects, change }) {
    const entry = this.#live(key);
    if (expects.tag === 'absent' && entry) return { tag: 'stale' };
    const needsEntry = expects.tag === 'version' || change.tag === 'touch' || (change.tag === 'delete' && expects.tag === 'anything');
    if (needsEntry && !entry) return { tag: 'missing' };
    if (expects.tag === 'version' && !sameBytes(entry.version, expects.val)) return { tag: 'stale' };
    switch (change.tag) {
      case 'delete':
        this.#entries.delete(key);
        return { tag: 'applied', val: new Uint8Array() };
      case 'touch':
        entry.ends = endOf(change.val);
        return { tag: 'applied', val: entry.version };
      default: {
        const version = new TextEncoder().encode(String(++this.#versions));
        this.#entries.set(key, { value: change.val.value, version, ends: endOf(change.val.lifetime) });
        return { tag: 'applied', val: version };
      }
    }
  }

  #live(key) {
    const entry = this.#entries.get(key);
    if (entry && entry.ends <= performance.now()) this.#entries.delete(key);
    return this.#entries.get(key);
  }
}

function endOf(lifetime) {
  return lifetime.tag === 'seconds' ? performance.now() + 1000 * lifetime.val : Infinity;
}

function sameBytes(left, right) {
  return Buffer.compare(left, right) === 0;
}
