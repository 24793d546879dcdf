import type { Cookie } from './cookie/cookie.js';
import type { Remaining } from './visit.js';

/** Returns the `Set-Cookie` value for a browser that presented an id, after a visit. */
export function setCookieAfter(
  cookie: Cookie,
  presented: string | undefined,
  remaining: Remaining,
  id: string | undefined,
): string | undefined {
  if (remaining === 'end') return cookie.removeCookie();
  if (remaining === 'none' || id === undefined) return undefined;
  return presented !== id || cookie.hasMaxAge ? cookie.setCookie(id) : undefined;
}
