import { InvalidCookieError } from '../errors/use.js';
import { checkCookie } from './check.js';
import { cookieHeaderOf, findId, isId, type RequestLike } from './header.js';
import type { CookieOptions, SameSite } from './options.js';

/** The prefix with which browsers bind a cookie to one host. */
const HOST_PREFIX = '__Host-';

const SAME_SITE_TEXTS: Record<SameSite, string> = { strict: 'Strict', lax: 'Lax', none: 'None' };

/**
 * The cookie that carries a session's id: its name and its attributes. `visitors` has its own; use this class to read
 * and write the cookie by hand.
 *
 * The cookie is always `HttpOnly`, so that scripts cannot read it, and never has a `Domain`, so that browsers send it to
 * one host only. By default it is `Secure`, `SameSite=Lax`, sent to all paths, and removed when the browser is closed,
 * and its name begins with `__Host-`: browsers accept such a cookie only over HTTPS, only for the host that sends it,
 * and only for all paths. So a browser has at most one, and neither another subdomain, nor plain HTTP, nor another path
 * can put a second one in front of it.
 *
 * ```ts
 * const cookie = new Cookie({ name: 'sid' });
 * cookie.setCookie('876dd4ba'); // '__Host-sid=876dd4ba; HttpOnly; Secure; SameSite=Lax; Path=/'
 * cookie.idIn(request); // '876dd4ba', or undefined
 * ```
 */
export class Cookie {
  readonly #name: string;
  readonly #isSecure: boolean;
  readonly #attributes: string;
  readonly #maxAge: number | undefined;
  readonly #isPartitioned: boolean;

  /**
   * Checks the name and the attributes.
   *
   * @throws InvalidCookieError if browsers would not accept the cookie.
   */
  constructor(options: CookieOptions) {
    checkCookie(options);
    const { name, maxAge, sameSite = 'lax', path = '/', overPlainHttp = false } = options;
    this.#isSecure = !overPlainHttp;
    this.#name = overPlainHttp || options.withoutHostPrefix ? name : HOST_PREFIX + name;
    this.#attributes = `SameSite=${SAME_SITE_TEXTS[sameSite]}; Path=${path}`;
    this.#maxAge = maxAge;
    this.#isPartitioned = options.partitioned ?? false;
  }

  /** The name of the cookie, with its prefix. */
  get name(): string {
    return this.#name;
  }

  /**
   * Returns the session's id from a request, or undefined if no cookie of this name has a valid id. An id has 1 to 1,024
   * bytes, all of which RFC 6265 allows in a cookie's value. Of several cookies of this name, the first valid one is
   * used. Only `Container.resume` finds out whether a session has this id.
   *
   * Cookies are separated by semicolons. The host must pass the cookies of a request in one header, as browsers send
   * them with HTTP/1.1, and as RFC 9113 requires it for HTTP/2: `Headers` joins several with commas, which can be part of
   * a value.
   */
  idIn(request: RequestLike): string | undefined {
    return findId(cookieHeaderOf(request), this.#name);
  }

  /**
   * Returns the value of a `Set-Cookie` header that gives an id to the browser.
   *
   * @throws InvalidCookieError for an id that {@link Cookie.idIn} would not find again.
   */
  setCookie(sessionId: string): string {
    if (!isId(sessionId)) {
      throw new InvalidCookieError('session-id', 'this session id cannot be the value of a cookie');
    }
    return this.#line(sessionId, this.#maxAge);
  }

  /** Returns the value of a `Set-Cookie` header that makes the browser remove the cookie. */
  removeCookie(): string {
    return this.#line('', 0);
  }

  /** @internal Whether the cookie has a `Max-Age`, which has to be extended with every visit. */
  get hasMaxAge(): boolean {
    return this.#maxAge !== undefined;
  }

  #line(value: string, maxAge: number | undefined): string {
    const parts = [`${this.#name}=${value}`, 'HttpOnly'];
    if (this.#isSecure) parts.push('Secure');
    parts.push(this.#attributes);
    if (maxAge !== undefined) parts.push(`Max-Age=${maxAge}`);
    if (this.#isPartitioned) parts.push('Partitioned');
    return parts.join('; ');
  }
}
