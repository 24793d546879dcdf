// Checks of names and attributes that browsers would not accept.

import { InvalidCookieError } from '../errors/use.js';
import type { CookieOptions } from './options.js';

const TOKEN = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/;
const PATH = /^\/[ -:<-~]*$/;

/** Prefixes with a meaning for browsers, which compare them without regard to case. */
const RESERVED_PREFIX = /^__(host-|secure-|http-|host-http-)/i;

const MAX_U32 = 0xffff_ffff;

/** Throws an `InvalidCookieError` if browsers would not accept the cookie. */
export function checkCookie(cookie: CookieOptions): void {
  checkName(cookie.name);
  checkPath(cookie);
  checkTransport(cookie);
  const { maxAge } = cookie;
  if (maxAge !== undefined && !(Number.isInteger(maxAge) && maxAge >= 1 && maxAge <= MAX_U32)) {
    throw new InvalidCookieError('max-age', 'the Max-Age of a cookie must be at least 1, and a whole number of seconds');
  }
}

function checkName(name: unknown): void {
  if (typeof name !== 'string' || !TOKEN.test(name)) {
    const given = typeof name === 'string' ? JSON.stringify(name) : `(a value of type ${typeof name})`;
    const message = `the cookie name ${given} must consist of letters, digits, and marks such as - and _`;
    throw new InvalidCookieError('name', message);
  }
  if (RESERVED_PREFIX.test(name)) {
    const message = `the cookie name ${JSON.stringify(name)} begins with a reserved prefix; leave it out: __Host- is added by default`;
    throw new InvalidCookieError('prefix', message);
  }
}

function checkPath({ path = '/', overPlainHttp, withoutHostPrefix }: CookieOptions): void {
  if (typeof path !== 'string' || !PATH.test(path)) {
    const message = `the cookie path ${JSON.stringify(path)} must begin with / and be printable ASCII without semicolons`;
    throw new InvalidCookieError('path', message);
  }
  if (path !== '/' && !overPlainHttp && !withoutHostPrefix) {
    const message = `a cookie with the prefix __Host- must have the path /, not ${JSON.stringify(path)}; use withoutHostPrefix`;
    throw new InvalidCookieError('host-prefix-path', message);
  }
}

function checkTransport({ sameSite = 'lax', overPlainHttp, partitioned }: CookieOptions): void {
  if (!['strict', 'lax', 'none'].includes(sameSite)) {
    throw new InvalidCookieError('same-site', "the SameSite of a cookie must be 'strict', 'lax' or 'none'");
  }
  if (overPlainHttp && sameSite === 'none') {
    throw new InvalidCookieError('same-site-none', 'a cookie with SameSite=None must not be sent over plain HTTP');
  }
  if (overPlainHttp && partitioned) {
    throw new InvalidCookieError('partitioned', 'a cookie with Partitioned must not be sent over plain HTTP');
  }
}
