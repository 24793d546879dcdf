// The types of sessions.

/**
 * The packages of a session, their keys and the types of their values, where they are not declared: any package, any
 * key, any value.
 */
export type AnySession = Record<string, Record<string, any>>;

/**
 * Resolves to `T` if JSON can express its values, and to `never` or a type that is not assignable to `T` otherwise.
 * Members may be optional.
 */
export type Storable<T> = T extends Json
  ? T
  : T extends bigint | symbol | ((...args: never) => unknown) | NotPlain
    ? never
    : { [K in keyof T]: Storable<T[K]> };

/** What needs no look at its members, such as a type of any JSON value, which is recursive. Interfaces do. */
type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };

/** Objects that are read back as something else. */
type NotPlain = Date | RegExp | Error | Promise<unknown> | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>;

/**
 * Resolves to a type that `S` extends if all values in it are storable. `S` declares the packages of a session:
 *
 * ```ts
 * interface ShopSession {
 *   cart: Record<string, number>;
 *   checkout: { attempts: number; coupon: string };
 * }
 * ```
 */
export type SessionTypes<S> = { [N in keyof S]: { [K in keyof S[N]]: Exclude<Storable<S[N][K]>, undefined> } };

/** The type of the value under a key of a package. What an optional member lacks is not stored as undefined. */
export type Stored<P, K extends keyof P> = Exclude<P[K], undefined>;

/** The names of the members that are strings. */
export type Name<T> = keyof T & string;
