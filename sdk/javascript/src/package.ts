import type { WitPackage } from './bindings.js';
import type { Scope } from './scope.js';
import type { Name, Stored } from './types.js';
import { checkedAddend, checkedEntries, checkedName } from './values/check.js';
import { sum } from './values/counter.js';
import { fromJson, shapeOf, type PackageShapes, type Shape } from './values/shape.js';
import { toJson } from './values/write.js';

/**
 * A map of keys to values in one session. Keys have 1 to 1,024 bytes. Values are plain objects, arrays, strings,
 * finite numbers, booleans and null; they are stored as JSON, and each call returns a value of its own.
 *
 * A package refers to its content by name: it stays usable after a rollback or a removal, and shows the current
 * content.
 *
 * Every method can throw `EndedError` when the transaction destroyed the session, `DamagedError` when the package
 * cannot be read, and `FinishedError` when the transaction is finished. Methods with a key throw `InvalidNameError`
 * when it is empty or too long. When a method throws, it has changed nothing.
 *
 * @typeParam P - The keys and the types of their values, such as `{ attempts: number; coupon: string }` or
 * `Record<string, number>`.
 */
export class Package<P> {
  readonly #raw: WitPackage;
  readonly #scope: Scope;
  readonly #shapes: PackageShapes<P> | undefined;
  readonly #name: string;

  private constructor(raw: WitPackage, scope: Scope, shapes: PackageShapes<P> | undefined) {
    this.#raw = raw;
    this.#scope = scope;
    this.#shapes = shapes;
    this.#name = raw.name();
  }

  /** @internal */
  static of<P>(raw: WitPackage, scope: Scope, shapes: PackageShapes<P> | undefined): Package<P> {
    return new Package(raw, scope, shapes);
  }

  /** The name of the package. */
  get name(): string {
    return this.#name;
  }

  /**
   * Returns the value under a key, or undefined if the key is absent. The call counts as a read of the key.
   *
   * @param shape - Checks this value, instead of the shape that `visitors` or `Container.open` was given for the key.
   * @throws WrongTypeError when the value does not have the shape.
   */
  get<K extends Name<P>>(key: K, shape?: Shape<Stored<P, K>>): Stored<P, K> | undefined {
    return this.#read(key, this.getJson(key), shape);
  }

  /**
   * Returns the same as {@link Package.get}, but does not count as a read: the commit does not check the key, and
   * other transactions may have changed it when this one commits. Use it for values that are only displayed.
   *
   * If the same transaction writes the key after the peek, the key counts as read, so that no update is lost. Do not
   * let a peeked value decide what is written to another key, or whether it is written: use {@link Package.get} for
   * that.
   *
   * @throws WrongTypeError when the value does not have the shape.
   */
  peek<K extends Name<P>>(key: K, shape?: Shape<Stored<P, K>>): Stored<P, K> | undefined {
    return this.#read(key, this.peekJson(key), shape);
  }

  /** Returns the JSON text under a key as it was stored, or undefined. The call counts as a read of the key. */
  getJson(key: Name<P>): string | undefined {
    const name = checkedName('key', key);
    return this.#scope.call(() => this.#raw.get(name));
  }

  /** Returns the JSON text under a key, as {@link Package.peek} does. */
  peekJson(key: Name<P>): string | undefined {
    const name = checkedName('key', key);
    return this.#scope.call(() => this.#raw.peek(name));
  }

  /** Returns whether there is a value under a key. The call counts as a read of the key. */
  has(key: Name<P>): boolean {
    const name = checkedName('key', key);
    return this.#scope.call(() => this.#raw.contains(name));
  }

  /** Returns all keys, sorted. The call counts as a read of the whole package. */
  keys(): Name<P>[] {
    return this.#scope.call(() => this.#raw.keys()) as Name<P>[];
  }

  /**
   * Returns all keys with their values, sorted by key. The call counts as a read of the whole package.
   *
   * @throws WrongTypeError when one of the values does not have its shape.
   */
  entries(): [Name<P>, Stored<P, Name<P>>][] {
    return this.#readAll(this.#scope.call(() => this.#raw.entries()));
  }

  /**
   * Returns the same as {@link Package.entries}, for display: as a {@link Package.peek} at every key, present or
   * absent.
   *
   * @throws WrongTypeError when one of the values does not have its shape.
   */
  peekEntries(): [Name<P>, Stored<P, Name<P>>][] {
    return this.#readAll(this.#scope.call(() => this.#raw.peekEntries()));
  }

  /** The number of keys. Getting it counts as a read of the whole package. */
  get size(): number {
    return this.#scope.call(() => this.#raw.len());
  }

  /**
   * Stores a value under a key. Changes of the value after the call are not stored. -0 becomes 0.
   *
   * @throws NotSerializableError when JSON cannot express the value exactly: undefined, NaN, infinite numbers, BigInt,
   * functions, symbols, promises, instances of classes such as Date and Map, arrays with holes, values that contain
   * themselves or are nested more than 100 levels deep, and strings with lone surrogates.
   */
  set<K extends Name<P>>(key: K, value: Stored<P, K>): void {
    const name = checkedName('key', key);
    const json = toJson(this.#name, name, value);
    this.#scope.call(() => this.#raw.set(name, json));
  }

  /**
   * Stores a JSON text under a key, without the white space around it.
   *
   * @throws InvalidJsonError when the text is not JSON.
   */
  setJson(key: Name<P>, json: string): void {
    const name = checkedName('key', key);
    this.#scope.call(() => this.#raw.set(name, json));
  }

  /**
   * Stores several values, given as an object or as pairs, or none if one of them cannot be stored. If a key occurs
   * more than once, its last value is stored.
   *
   * @throws NotSerializableError as {@link Package.set}.
   * @throws MisuseError for anything else than a plain object or pairs, such as a promise.
   */
  update(values: Partial<P> | Iterable<readonly [Name<P>, Stored<P, Name<P>>]>): void {
    const texts = checkedEntries(values).map(([key, value]): [string, string] => {
      const name = checkedName('key', key);
      return [name, toJson(this.#name, name, value)];
    });
    this.#scope.call(() => this.#raw.update(texts));
  }

  /**
   * Adds a number to the counter under a key. A counter is a whole number from -(2^53 - 1) to 2^53 - 1, stored
   * without a fraction or an exponent. An absent key counts as 0. Afterwards the key holds the sum, even if it is 0.
   *
   * The call does not count as a read. It merges with the changes of other transactions to the key: the commit adds
   * to the number that is stored then. The key conflicts if it holds no counter then, or if the sum would be out of
   * range. The call returns no sum, because that would be a read. Use {@link Package.peek} after it to display the
   * sum, and {@link Package.get} to depend on it.
   *
   * @param number - A safe integer, or a BigInt of 64 bits. A negative one reads the key and sets it, because of a
   * defect of componentize-js: it conflicts with the changes of other transactions to the key, and replaces them with
   * the isolation `last-writer-wins`.
   * @throws NotACounterError when the key holds no counter, or the sum would be out of range. This failure counts as a
   * read of the key.
   * @throws MisuseError for a number with a fraction, or one that is too large.
   */
  add(key: CounterName<P>, number: number | bigint): void {
    const name = checkedName('key', key);
    const addend = checkedAddend(number);
    if (addend < 0n) this.setJson(key, sum(this.getJson(key), addend, { package: this.#name, key: name }));
    else this.#scope.call(() => this.#raw.add(name, addend));
  }

  /** Removes a key. Returns whether it was there. The call counts as a read of the key. */
  delete(key: Name<P>): boolean {
    const name = checkedName('key', key);
    return this.#scope.call(() => this.#raw.remove(name));
  }

  /** Removes every key. */
  clear(): void {
    this.#scope.call(() => this.#raw.clear());
  }

  #read<K extends Name<P>>(key: K, json: string | undefined, shape?: Shape<Stored<P, K>>): Stored<P, K> | undefined {
    return json === undefined ? undefined : fromJson(this.#name, key, json, shape ?? shapeOf(this.#shapes, key));
  }

  #readAll(texts: [string, string][]): [Name<P>, Stored<P, Name<P>>][] {
    return texts.map(([key, json]) => {
      const name = key as Name<P>;
      return [name, fromJson(this.#name, name, json, shapeOf(this.#shapes, name))];
    });
  }
}

/** The keys whose values are numbers. */
export type CounterName<P> = { [K in Name<P>]: number extends Stored<P, K> ? K : never }[Name<P>];
