import { MemcachedConnection } from './memcached-connection.js';

// memcached takes a lifetime of more seconds for a point in time.
const LONGEST_RELATIVE = 30 * 24 * 60 * 60;
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
    const slide = touch === undefined ? '' : ` T${date(touch)}`;
    this.#connect();
    const commands = keys.map((key) => `mg ${key} v c t${slide}\r\n`).join('');
    const { answers, error } = this.#connection.exchange(Buffer.from(commands), keys.length);
    if (error !== undefined) this.#giveUp(error);
    return answers.map((answer) => this.#entry(answer));
  }

  /** `write-many` of `wit/key-value.wit`. */
  writeMany(writes) {
    this.#connect();
    const fits = writes.map(({ key, change }) => key.length + (change.val?.value?.length ?? 0) + ITEM_OVERHEAD <= this.#limit);
    if (fits.includes(false)) {
      return fits.map((fits) => (fits ? { tag: 'skipped' } : { tag: 'too-large', val: BigInt(this.#limit) }));
    }
    const asked = writes.map((write) => this.#command(write));
    const { answers, error } = this.#connection.exchange(Buffer.concat(asked.flatMap(({ bytes }) => bytes)), asked.length);
    if (error !== undefined) this.#close();
    // What was sent without an answer may have been done.
    return asked.map(({ isProbe }, place) => (answers[place] ? this.#outcome(answers[place], isProbe) : { tag: 'unknown' }));
  }

  #connect() {
    if (this.#connection !== undefined) return;
    try {
      this.#connection = new MemcachedConnection(...this.#address);
    } catch (error) {
      throw unavailable(error.message);
    }
    const { answers, error } = this.#connection.exchange(Buffer.from('stats\r\nstats settings\r\n'), 2);
    if (error !== undefined) this.#giveUp(error);
    const [{ stats }, { stats: settings }] = answers;
    if (settings.cas_enabled === 'no') {
      this.#close();
      throw { payload: { tag: 'unsupported', val: 'memcached runs without compare-and-swap: start it without -C' } };
    }
    this.#process = `${stats.pid}.${stats.time - stats.uptime}.`;
    this.#limit = Number(settings.item_size_max);
  }

  #close() {
    this.#connection.close();
    this.#connection = undefined;
  }

  #giveUp(reason) {
    this.#close();
    throw unavailable(reason);
  }

  #entry({ words, value }) {
    if (words[0] === 'EN') return undefined;
    const left = Number(flag(words, 't'));
    return { value, version: this.#version(words), secondsLeft: left < 0 ? undefined : left };
  }

  /** What to send for a write. One that expects a version of another process becomes the question what is there. */
  #command({ key, expects, change }) {
    const line = (words) => ({ bytes: [Buffer.from(`${words}\r\n`)], isProbe: false });
    const [, process, version] = expects.tag === 'version' ? /^(.*\.)(\d+)$/.exec(Buffer.from(expects.val)) : [];
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
        throw { payload: { tag: 'unsupported', val: `memcached cannot ${change.tag} what is expected to be ${expects.tag}` } };
    }
  }

  #outcome({ words }, isProbe) {
    if (isProbe) return { tag: words[0] === 'EN' ? 'missing' : 'stale' };
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
  return lifetime.val <= LONGEST_RELATIVE ? lifetime.val : Math.floor(Date.now() / 1000) + lifetime.val;
}

/** What jco gives to the component as the error `unavailable`. */
function unavailable(reason) {
  return { payload: { tag: 'unavailable', val: reason } };
}
