// Checks of stored values.

import { MisuseError, WrongTypeError } from '../errors/use.js';
import type { Stored } from '../types.js';
import { isThenable } from './write.js';

/** The part of https://standardschema.dev that is needed here. Zod, Valibot, ArkType and others implement it. */
export interface StandardSchema<T> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<T> | PromiseLike<SchemaResult<T>>;
    readonly types?: { readonly input: unknown; readonly output: T } | undefined;
  };
}

/** The result of a validation. */
export type SchemaResult<T> =
  { readonly value: T; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

/** Why a value is not valid. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * A check of a stored value: a synchronous Standard Schema, or a function that returns the value and throws if it is
 * not of the type. What the schema or the function returns is what the caller gets.
 */
export type Shape<T> = StandardSchema<T> | ((value: unknown) => T);

/** Reads a JSON text, and checks the value if there is a shape. */
export function fromJson<T>(packageName: string, key: string, json: string, shape?: Shape<T>): T {
  const value: unknown = JSON.parse(json);
  if (shape === undefined) return value as T;
  // The schemas of ArkType are functions as well, which return the errors.
  return isSchema(shape) ? validate(packageName, key, value, shape) : callCheck(packageName, key, value, shape);
}

function callCheck<T>(packageName: string, key: string, value: unknown, check: (value: unknown) => T): T {
  let result: T;
  try {
    result = check(value);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WrongTypeError({ package: packageName, key, reason }, { cause });
  }
  checkSynchronous(packageName, key, result);
  return result;
}

function validate<T>(packageName: string, key: string, value: unknown, schema: StandardSchema<T>): T {
  const result = schema['~standard'].validate(value);
  checkSynchronous(packageName, key, result);
  const { issues } = result as SchemaResult<T>;
  if (issues !== undefined) {
    throw new WrongTypeError({ package: packageName, key, reason: issues.map(issueText).join('; ') });
  }
  return (result as { value: T }).value;
}

function checkSynchronous(packageName: string, key: string, result: unknown): void {
  if (!isThenable(result)) return;
  const where = `key ${JSON.stringify(key)} in package ${JSON.stringify(packageName)}`;
  throw new MisuseError(`the shape for ${where} is asynchronous; use one that is synchronous`);
}

function isSchema<T>(shape: Shape<T> | object): shape is StandardSchema<T> {
  return '~standard' in shape;
}

function issueText({ message, path = [] }: SchemaIssue): string {
  const keys = path.map((part) => String(typeof part === 'object' ? part.key : part));
  return keys.length > 0 ? `${keys.join('.')}: ${message}` : message;
}

/** The shapes of a package: one for all of its keys, or one for some of them. */
export type PackageShapes<P> =
  Shape<Stored<P, keyof P>> | { readonly [K in keyof P]?: Shape<Stored<P, K>> | undefined };

/** The shapes of the packages of a session. */
export type Shapes<S> = { readonly [N in keyof S]?: PackageShapes<NonNullable<S[N]>> | undefined };

/** Returns the shapes of a package. Names such as `constructor` are names like others. */
export function shapesOf<S, N extends keyof S>(
  shapes: Shapes<S>,
  name: N,
): PackageShapes<NonNullable<S[N]>> | undefined {
  return Object.hasOwn(shapes, name) ? shapes[name] : undefined;
}

/** Returns the shape for a key of a package. */
export function shapeOf<P, K extends keyof P>(
  shapes: PackageShapes<P> | undefined,
  key: K,
): Shape<Stored<P, K>> | undefined {
  if (shapes === undefined) return undefined;
  if (typeof shapes === 'function' || isSchema(shapes)) return shapes as Shape<Stored<P, K>>;
  return Object.hasOwn(shapes, key) ? (shapes as { readonly [Key in keyof P]?: Shape<Stored<P, Key>> })[key] : undefined;
}
