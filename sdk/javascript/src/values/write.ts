// Values as JSON texts.

import { MisuseError, NotSerializableError } from '../errors/use.js';

/**
 * Returns the JSON text of a value. Throws a `NotSerializableError` unless reading the text returns an equal value, with
 * the exception of -0, which becomes 0.
 */
export function toJson(packageName: string, key: string, value: unknown): string {
  const reason = problemIn(value, '', []);
  if (reason !== undefined) throw new NotSerializableError({ package: packageName, key, reason });
  return JSON.stringify(value);
}

/** The depth to which arrays and objects can be nested. */
const MAX_DEPTH = 100;

/** Says which part of a value is not JSON, and why; undefined if all of it is. */
function problemIn(value: unknown, path: string, parents: readonly object[]): string | undefined {
  if (typeof value === 'object' && value !== null) return problemInObject(value, path, parents);
  const problem = problemOfPrimitive(value);
  return problem && at(path, problem);
}

function problemOfPrimitive(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? undefined : 'is a string with a lone surrogate';
    case 'number':
      return Number.isFinite(value) ? undefined : `is ${Number.isNaN(value) ? 'NaN' : 'infinite'}`;
    case 'bigint':
      return 'is a BigInt; use a number or a string';
    case 'undefined':
      return 'is undefined; leave it out, or use null';
    case 'function':
    case 'symbol':
      return `is a ${typeof value}`;
    default:
      return undefined;
  }
}

function problemInObject(value: object, path: string, parents: readonly object[]): string | undefined {
  if (parents.includes(value)) return at(path, 'contains itself');
  if (parents.length >= MAX_DEPTH) return at(path, `is nested more than ${MAX_DEPTH} levels deep`);
  const within = [...parents, value];
  if (Array.isArray(value)) return problemInArray(value, path, within);
  const problem = problemOfObject(value);
  if (problem !== undefined) return at(path, problem);
  for (const [name, member] of Object.entries(value)) {
    if (!name.isWellFormed()) return at(path, 'has a key with a lone surrogate');
    const inMember = problemIn(member, `${path}${step(name)}`, within);
    if (inMember !== undefined) return inMember;
  }
  return undefined;
}

function problemInArray(array: readonly unknown[], path: string, within: readonly object[]): string | undefined {
  for (let index = 0; index < array.length; index += 1) {
    if (!Object.hasOwn(array, index)) return at(`${path}[${index}]`, 'is a hole in an array; use null');
    const problem = problemIn(array[index], `${path}[${index}]`, within);
    if (problem !== undefined) return problem;
  }
  // A property beside the elements would be lost.
  return Object.keys(array).length > array.length ? at(path, 'is an array with properties') : undefined;
}

function problemOfObject(value: object): string | undefined {
  if (isThenable(value)) return 'is a Promise; await it first';
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return `is a ${classOf(value)}; store plain objects, arrays, strings, numbers, booleans and null`;
  }
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return 'has a method toJSON';
  if (Object.getOwnPropertySymbols(value).length > 0) return 'has a symbol as a key';
  return undefined;
}

/** Whether this is a promise, or is awaited like one. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function classOf(value: object): string {
  const { constructor } = value as { constructor?: { name?: unknown } };
  return typeof constructor?.name === 'string' && constructor.name !== '' ? constructor.name : 'class instance';
}

function at(path: string, problem: string): string {
  return `${path === '' ? 'the value' : path} ${problem}`;
}

function step(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** Refuses a result of work that holds promises which nobody awaits. */
export function checkAwaited(result: unknown): void {
  if (Array.isArray(result) && result.some(isThenable)) {
    throw new MisuseError(
      'the work returned an array of promises, so it is not complete: return `await Promise.all(…)` instead',
    );
  }
}
