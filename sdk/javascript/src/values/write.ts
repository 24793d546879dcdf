// Values as JSON texts.

import { MisuseError, NotSerializableError } from '../errors/use.js';

/**
 * Returns the JSON text of a value. Throws a `NotSerializableError` unless reading the text returns an equal value,
 * with the exception of -0, which becomes 0.
 */
export function toJson(packageName: string, key: string, value: unknown): string {
  try {
    return written(value, []);
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown;
    throw new NotSerializableError({ package: packageName, key, reason: thrown.reason });
  }
}

/** The depth to which arrays and objects can be nested. */
const MAX_DEPTH = 100;

/** Why a part of a value is not JSON. The path to the part grows as the exception leaves what contains it. */
class Problem {
  readonly #problem: string;
  #path = '';

  constructor(problem: string) {
    this.#problem = problem;
  }

  get reason(): string {
    return `${this.#path === '' ? 'the value' : this.#path} ${this.#problem}`;
  }

  within(step: string): this {
    this.#path = step + this.#path;
    return this;
  }
}

/** `JSON.stringify` would leave out, replace or convert what is not JSON. */
function written(value: unknown, parents: readonly object[]): string {
  switch (typeof value) {
    case 'string':
      return writtenString(value);
    case 'number':
      if (Number.isFinite(value)) return JSON.stringify(value);
      throw new Problem(Number.isNaN(value) ? 'is NaN' : 'is infinite');
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? 'null' : writtenObject(value, parents);
    case 'undefined':
      throw new Problem('is undefined; leave it out, or use null');
    case 'bigint':
      throw new Problem('is a BigInt; use a number or a string');
    default:
      throw new Problem(`is a ${typeof value}`);
  }
}

/** The length from which strings are written in pieces: `JSON.stringify` takes many times their memory. */
const PIECE = 16_384;

function writtenString(text: string): string {
  if (!text.isWellFormed()) throw new Problem('is a string with a lone surrogate');
  if (text.length <= PIECE) return JSON.stringify(text);
  let pieces = '';
  for (let start = 0; start < text.length; start += PIECE) {
    // Where this parts a surrogate pair, both halves are escaped, and are read as one character.
    pieces += JSON.stringify(text.slice(start, start + PIECE)).slice(1, -1);
  }
  return `"${pieces}"`;
}

function writtenObject(value: object, parents: readonly object[]): string {
  if (parents.includes(value)) throw new Problem('contains itself');
  if (parents.length >= MAX_DEPTH) throw new Problem(`is nested more than ${MAX_DEPTH} levels deep`);
  const within = [...parents, value];
  checkPlain(value);
  if (Array.isArray(value)) return writtenArray(value, within);
  const members = Object.entries(value).map(([name, member]) => {
    const json = inside(step(name), () => written(member, within));
    return `${writtenString(name)}:${json}`;
  });
  return `{${members.join(',')}}`;
}

function writtenArray(array: readonly unknown[], within: readonly object[]): string {
  // A property beside the elements would be lost.
  if (Object.keys(array).length > array.length) throw new Problem('is an array with properties');
  const elements = Array.from(array, (element, index) =>
    inside(`[${index}]`, () => {
      if (!Object.hasOwn(array, index)) throw new Problem('is a hole in an array; use null');
      return written(element, within);
    }),
  );
  return `[${elements.join(',')}]`;
}

function checkPlain(value: object): void {
  if (isThenable(value)) throw new Problem('is a Promise; await it first');
  if (!isPlain(value)) {
    throw new Problem(`is a ${classOf(value)}; store plain objects, arrays, strings, numbers, booleans and null`);
  }
  if (Object.getOwnPropertySymbols(value).length > 0) throw new Problem('has a symbol as a key');
}

/** Whether this is an object that is read back as the same. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === (Array.isArray(value) ? Array.prototype : Object.prototype);
}

function inside(step: string, write: () => string): string {
  try {
    return write();
  } catch (thrown) {
    throw thrown instanceof Problem ? thrown.within(step) : thrown;
  }
}

function step(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

function classOf(value: object): string {
  const { constructor } = value as { constructor?: { name?: unknown } };
  return typeof constructor?.name === 'string' && constructor.name !== '' ? constructor.name : 'class instance';
}

/** Whether this is a promise, or is awaited like one. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Refuses a result of work that holds promises which nobody awaits. */
export function checkAwaited(result: unknown): void {
  if (Array.isArray(result) && result.some(isThenable)) {
    throw new MisuseError(
      'the work returned an array of promises, so it is not complete: return `await Promise.all(…)` instead',
    );
  }
}
