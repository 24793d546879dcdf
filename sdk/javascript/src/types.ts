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
export type Storable<T> = T extends string | number | boolean | null
  ? T
  : T extends bigint | symbol | undefined | ((...args: never) => unknown) | NotPlain
    ? never
    : { [K in keyof T]: Storable<Exclude<T[K], undefined>> | (undefined extends T[K] ? undefined : never) };

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
export type SessionTypes<S> = { [N in keyof S]: { [K in keyof S[N]]: Storable<S[N][K]> } };

/** The names of the members that are strings. */
export type Name<T> = keyof T & string;
