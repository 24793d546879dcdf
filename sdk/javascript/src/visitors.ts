import { Container } from './container.js';
import { Cookie } from './cookie/cookie.js';
import type { RequestLike } from './cookie/header.js';
import type { CookieOptions } from './cookie/options.js';
import { InvalidNameError } from './errors/sessions.js';
import { MisuseError } from './errors/use.js';
import { listenerFor, type FetchListener, type ListenerOptions } from './listener.js';
import {
  checkedContainerOptions,
  checkedIsolation,
  checkedPatience,
  type ContainerOptions,
  type TransactOptions,
} from './options.js';
import { Patience } from './patience.js';
import { tracked, withoutPending } from './pending.js';
import { bodyCopies, checkedResponse, withCookie, type Handler } from './respond.js';
import { AFTER_CONFLICT_OR_END, retry, runWork } from './retry.js';
import { setCookieAfter } from './set-cookie.js';
import { Transaction } from './transaction.js';
import type { AnySession, SessionTypes } from './types.js';
import { checkedName } from './values/check.js';
import type { Shapes } from './values/shape.js';
import { checkAwaited } from './values/write.js';
import { Visit } from './visit.js';

/** Options of `visitors`. */
export interface VisitorsOptions<S extends object = AnySession> extends ContainerOptions, TransactOptions {
  /** The cookie that identifies the visitor. */
  cookie: CookieOptions;
  /** Checks of stored values, for all keys of a package or for some of them. By default nothing is checked. */
  shapes?: Shapes<S> | undefined;
}

/** The result of a visit that was committed. */
export interface Visited<T> {
  /** The result of the work. */
  value: T;
  /**
   * The value of a `Set-Cookie` header for the response; undefined if the browser has the right cookie already. It
   * contains the session's id, which is a secret.
   */
  setCookie: string | undefined;
}

/** What a visitor's request leads to. */
export type Work<S extends object, T> = (visit: Visit<S>) => T | PromiseLike<T>;

const MAX_CONTAINER_NAME = 60;

/**
 * Returns the visitors of a site: the container of their sessions, and the cookie that identifies them. Sends nothing to
 * the store, so it can be called when the module is loaded; componentize-js then reports a mistake in the options when it
 * builds the component.
 *
 * ```ts
 * interface ShopSession {
 *   cart: Record<string, number>;
 *   checkout: { attempts: number; coupon: string };
 * }
 *
 * const shop = visitors<ShopSession>('shop', { cookie: { name: 'sid' } });
 *
 * addEventListener('fetch', shop.listener((visit) => {
 *   const cart = visit.sessionOrBegin().package('cart');
 *   cart.add('apple', 1);
 *   return new Response(`apples: ${cart.peek('apple')}\n`);
 * }));
 * ```
 *
 * @typeParam S - The packages of a session, their keys and the types of their values. JSON must be able to express them.
 * @param container - The name of the container, 1 to 60 bytes.
 * @throws InvalidNameError, InvalidOptionError and InvalidCookieError when the name, an option or the cookie is invalid.
 */
export function visitors<S extends SessionTypes<S> & object = AnySession>(
  container: string,
  options: VisitorsOptions<S>,
): Visitors<S> {
  return Visitors.of<S>(container, options);
}

/** The visitors of a site. `visitors` returns it. */
export class Visitors<S extends object = AnySession> {
  readonly #open: () => Container<S>;
  readonly #cookie: Cookie;
  readonly #options: TransactOptions;

  private constructor(open: () => Container<S>, cookie: Cookie, options: TransactOptions) {
    this.#open = open;
    this.#cookie = cookie;
    this.#options = options;
  }

  /** @internal */
  static of<S extends SessionTypes<S> & object>(container: string, options: VisitorsOptions<S>): Visitors<S> {
    checkContainerName(container);
    if (typeof options?.cookie !== 'object') {
      throw new MisuseError("visitors takes a cookie: visitors('shop', { cookie: { name: 'sid' } })");
    }
    checkedContainerOptions(options);
    checkedIsolation(options.isolation);
    checkedPatience(options.patience);
    const { cookie, isolation, patience, ...containerOptions } = options;
    const open = (): Container<S> => Container.open<S>(container, containerOptions);
    return new Visitors(open, new Cookie(cookie), { isolation, patience });
  }

  /**
   * Runs `work`, which may be asynchronous, in a transaction for the visitor with the cookie of this request, and commits
   * it. If the cookie leads to no session, the visitor is new, and gets another id if a session is begun.
   *
   * If another request changed the session first, nothing was stored, and `work` runs again on fresh data. If the session
   * ended meanwhile, `work` runs again for a new visitor. So **`work` may run more than once**: do nothing in it, outside
   * of the transaction, that must not happen twice. If `work` throws, nothing is stored.
   *
   * ```ts
   * const { value, setCookie } = await shop.visit(request, (visit) => {
   *   visit.sessionOrBegin().package('cart').add('apple', 1);
   * });
   * ```
   *
   * @throws What `work` throws, and the errors of `Container.resume` and `Transaction.commit`. `ConflictError`,
   * `GoneError` and `EndedError` of the commit are thrown only when every run failed until the patience was over. After
   * any other error `work` is not run again, in particular not after `OutcomeUnknownError`, because the commit may have
   * been applied.
   */
  visit<T>(request: RequestLike, work: Work<S, T>): Promise<Visited<T>> {
    return tracked(async () => {
      const presented = this.#cookie.idIn(request);
      const patience = new Patience(checkedPatience(this.#options.patience));
      return retry(patience, AFTER_CONFLICT_OR_END, () => this.#run(presented, work));
    });
  }

  /**
   * Calls `handler` as the work of a visit, and resolves to its response with the cookie, if one is needed. Each run gets
   * a copy of the request whose body is unread, unless it was read before.
   *
   * @throws As {@link Visitors.visit}; and a `MisuseError`, without anything being stored, when the handler returns no
   * response or one whose body is used, or does not await a call of `visit` or `transact`.
   */
  async respond(request: Request, handler: Handler<S>): Promise<Response> {
    const copies = bodyCopies(request);
    const { value, setCookie } = await this.visit(request, async (visit) => {
      const response: unknown = await withoutPending(() => handler(visit, copies.next()));
      return checkedResponse(response);
    });
    return setCookie === undefined ? value : withCookie(value, setCookie);
  }

  /**
   * Returns a listener for `addEventListener('fetch', …)` that responds as {@link Visitors.respond} does. An error becomes
   * a response with a short text, and is logged with `console.error`, without ids and values of sessions:
   *
   * | error | status |
   * |---|---|
   * | `conflict`, `gone`, `ended`, `unavailable`, `outcome-unknown` | 503 |
   * | `too-large` | 413 |
   * | others, and what the handler throws | 500 |
   *
   * The text of a 500 names the mistake if the program used sessions in a wrong way, and nothing else.
   */
  listener(handler: Handler<S>, options: ListenerOptions = {}): FetchListener {
    return listenerFor((request) => this.respond(request, handler), options);
  }

  async #run<T>(presented: string | undefined, work: Work<S, T>): Promise<Visited<T>> {
    const transaction = Transaction.beginFor('visit', this.#options.isolation);
    try {
      const visit = Visit.begin(transaction, this.#open(), presented);
      const value = await runWork(() => work(visit));
      checkAwaited(value);
      const remaining = visit.commit();
      return { value, setCookie: setCookieAfter(this.#cookie, presented, remaining, visit.session?.id) };
    } finally {
      transaction.endAsOwner();
    }
  }
}

function checkContainerName(name: string): void {
  const { length } = new TextEncoder().encode(checkedName('container', name));
  if (length < 1 || length > MAX_CONTAINER_NAME) {
    throw new InvalidNameError({ kind: 'container', length, limit: MAX_CONTAINER_NAME });
  }
}
