// Steps on the data of a session.

/** Does a step on a session. */
export function onSession(session, step) {
  const [name, packageName] = step;
  switch (name) {
    case 'is-new':
      return session.isNew;
    case 'last-accessed':
      return session.lastAccessed;
    case 'packages':
      return session.packages();
    case 'remove-package':
      return session.removePackage(packageName);
    default:
      return onPackage(session.package(packageName), step);
  }
}

/** Does a step on the package that it names. */
export function onPackage(stored, [name, , ...rest]) {
  const [key, value] = rest;
  switch (name) {
    case 'get':
      return stored.get(key) ?? null;
    case 'peek':
      return stored.peek(key) ?? null;
    case 'get-number':
      return stored.get(key, asNumber) ?? null;
    case 'has':
      return stored.has(key);
    case 'keys':
      return stored.keys();
    case 'entries':
      return Object.fromEntries(stored.entries());
    case 'peek-entries':
      return Object.fromEntries(stored.peekEntries());
    case 'length':
      return stored.size;
    case 'remove':
      return stored.delete(key);
    default:
      write(stored, name, key, value);
      return null;
  }
}

function write(stored, name, key, value) {
  switch (name) {
    case 'set':
      return stored.set(key, value);
    case 'set-bad':
      return stored.set(key, BAD[value]());
    case 'update':
      return stored.update(key);
    case 'add':
      return stored.add(key, value);
    case 'clear':
      return stored.clear();
    default:
      throw new Error(`there is no step ${name}`);
  }
}

/** Values that JSON cannot express. */
const BAD = {
  undefined: () => undefined,
  function: () => () => 1,
  symbol: () => Symbol('bad'),
  bigint: () => 1n,
  nan: () => ({ price: NaN }),
  infinity: () => [1, -Infinity],
  cycle: cycle,
  promise: () => Promise.resolve('ann'),
  map: () => new Map([['a', 1]]),
  date: () => new Date(0),
  sparse: () => [1, , 3],
};

function cycle() {
  const value = { name: 'ann' };
  value.self = { value };
  return value;
}

/** A shape. */
function asNumber(value) {
  if (typeof value !== 'number') throw new TypeError(`expected a number, found ${typeof value}`);
  return value;
}
