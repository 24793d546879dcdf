import { MemcachedConnection } from './memcached-connection.js';

// memcached takes a lifetime of more seconds for a point in time.
const LONGEST_RELATIVE = 30 * 24 * 60 * 60;
// It keeps that in 32 bits.
const LAST_DATE = 2 ** 31 - 1;
// What an item takes beside its key and its value, at most.
const ITEM_OVERHEAD = 100;

/**
 * A store on one memcached server, over its meta protocol (`doc/protocol.txt` of memcached, from 1.6). Use it from
 * one thread.
 *
 * memcached counts versions from 1 in each process, so a version names its process as well: one from before a restart
 * matches nothing.
 */
export class MemcachedStore {
  #address;
  #connection;
  #process;
  #limit;

  constructor(host, port, timeout = 1000) {
    this.#address = [host, port, timeout];
  }

  /** `get-many` of `wit/key-value.wit`. */
  getMany(keys, touch) {
    checkKeys(keys);
    const slide = touch === undefined ? '' : ` T${date(touch)}`;
    const commands = keys.map((key) => `mg ${key} v c t${slide}\r\n`).join('');
    const { replies, error } = this.#exchange(() => Buffer.from(commands), keys.length);
    if (error !== undefined) this.#giveUp(error);
    return replies.map((reply) => this.#entry(reply));
  }

  /** `write-many` of `wit/key-value.wit`. */
  writeMany(writes) {
    checkKeys(writes.map(({ key }) => key));
    this.#connect();
    const sizes = writes.map(({ key, change }) => key.length + (change.val?.value?.length ?? 0) + ITEM_OVERHEAD);
    if (sizes.some((size) => size > this.#limit)) {
      const tooLarge = { tag: 'too-large', val: BigInt(this.#limit) };
      return sizes.map((size) => (size > this.#limit ? tooLarge : { tag: 'skipped' }));
    }
    let asked;
    const { replies, error, unsent } = this.#exchange(() => {
      asked = writes.map((write) => this.#command(write));
      return Buffer.concat(asked.flatMap(({ bytes }) => bytes));
    }, writes.length);
    if (unsent) this.#giveUp(error);
    const outcomes = replies.map((reply, place) => this.#outcome(reply, asked[place].isProbe));
    // What was sent without a reply that says so may have been done. Other replies can be out of step then.
    if (error !== undefined || outcomes.some(({ tag }) => tag === 'unknown')) this.#close();
    return writes.map((_, place) => outcomes[place] ?? { tag: 'unknown' });
  }

  /** Sends what `bytes` makes for the connection; over a new one if the server has closed the connection meanwhile. */
  #exchange(bytes, count) {
    const isNew = this.#connection === undefined;
    this.#connect();
    const result = this.#connection.exchange(bytes(), count);
    if (!result.unsent || isNew) return result;
    this.#close();
    this.#connect();
    return this.#connection.exchange(bytes(), count);
  }

  #connect() {
    if (this.#connection !== undefined) return;
    try {
      this.#connection = new MemcachedConnection(...this.#address);
    } catch (error) {
      throw failure('unavailable', error.message);
    }
    const { replies, error } = this.#connection.exchange(Buffer.from('stats\r\nstats settings\r\n'), 2);
    if (error !== undefined) this.#giveUp(error);
    const [{ words, stats }, { stats: settings }] = replies;
    if (words.includes('unauthenticated')) this.#giveUp(words.join(' '), 'denied');
    if (settings?.cas_enabled === 'no') {
      this.#giveUp('memcached runs without compare-and-swap: start it without -C', 'unsupported');
    }
    this.#process = `${stats?.pid}.${stats?.time - stats?.uptime}.`;
    this.#limit = Number(settings?.item_size_max);
    if (!/^\d+\.\d+\.$/.test(this.#process) || !(this.#limit > 0)) this.#giveUp('this is no memcached');
  }

  #close() {
    this.#connection?.close();
    this.#connection = undefined;
  }

  #giveUp(reason, tag = 'unavailable') {
    this.#close();
    throw failure(tag, reason);
  }

  #entry({ words, value }) {
    if (words[0] === 'EN') return undefined;
    const left = Number(flag(words, 't'));
    if (words[0] !== 'VA' || !Number.isInteger(left) || !/^\d+$/.test(flag(words, 'c'))) {
      this.#giveUp(`memcached replied ${words.join(' ')}`);
    }
    return { value, version: this.#version(words), secondsLeft: left < 0 ? undefined : left };
  }

  /** What to send for a write. One that expects a version of another process becomes the question what is there. */
  #command({ key, expects, change }) {
    const line = (words) => ({ bytes: [Buffer.from(`${words}\r\n`)], isProbe: false });
    const text = expects.tag === 'version' ? Buffer.from(expects.val).toString('latin1') : '';
    const [, process, version] = /^(\d+\.\d+\.)(\d{1,20})$/.exec(text) ?? [];
    if (expects.tag === 'version' && process !== this.#process) return { ...line(`mg ${key}`), isProbe: true };
    const condition = { absent: ' ME', version: ` C${version}`, anything: '' }[expects.tag];
    switch (`${change.tag} ${expects.tag}`) {
      case 'put absent':
      case 'put version':
      case 'put anything': {
        const { value, lifetime } = change.val;
        const command = line(`ms ${key} ${value.length} c T${date(lifetime)}${condition}`);
        command.bytes.push(Buffer.from(value), Buffer.from('\r\n'));
        return command;
      }
      case 'delete version':
      case 'delete anything':
        return line(`md ${key}${condition}`);
      case 'touch anything':
        return line(`mg ${key} c T${date(change.val)}`);
      default:
        throw failure('unsupported', `memcached cannot ${change.tag} what is expected to be ${expects.tag}`);
    }
  }

  #outcome({ words }, isProbe) {
    if (isProbe && words[0] === 'HD') return { tag: 'stale' };
    switch (words[0]) {
      case 'HD':
        return { tag: 'applied', val: flag(words, 'c') === undefined ? new Uint8Array() : this.#version(words) };
      case 'NS':
      case 'EX':
        return { tag: 'stale' };
      case 'NF':
      case 'EN':
        return { tag: 'missing' };
      default:
        return { tag: 'unknown' };
    }
  }

  #version(words) {
    return new TextEncoder().encode(this.#process + flag(words, 'c'));
  }
}

function flag(words, name) {
  return words.slice(1).find((word) => word[0] === name)?.slice(1);
}

/** A lifetime as memcached wants it. */
function date(lifetime) {
  if (lifetime.tag === 'never-expires') return 0;
  if (lifetime.val <= LONGEST_RELATIVE) return lifetime.val;
  return Math.min(Math.floor(Date.now() / 1000) + lifetime.val, LAST_DATE);
}

/** Throws for what would end a command early, or be read as a word of it. */
function checkKeys(keys) {
  for (const key of keys) {
    if (!/^[!-~]{1,250}$/.test(key)) throw failure('other', `${JSON.stringify(key)} cannot be a key`);
  }
}

/** What jco gives to the component as an error of `wit/key-value.wit`. */
function failure(tag, reason) {
  return { payload: { tag, val: reason } };
}

/** Reads `HOST:PORT`. A host that is an address of IPv6 has brackets around it. */
export function serverAddress(text) {
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(text);
  return [host, Number(port)];
}
