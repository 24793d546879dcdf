// Parsing of `Cookie` headers.

import { MisuseError } from '../errors/use.js';

/** 1 to 1,024 of the characters that RFC 6265 allows in a cookie's value. */
const ID = /^[!#-+\--:<-[\]-~]{1,1024}$/;

/** Whether this can be a session id, and needs no quotes in a cookie. */
export function isId(value: string): boolean {
  return ID.test(value);
}

/** Returns the first valid session id among the cookies of this name. */
export function findId(header: string, name: string): string | undefined {
  const start = `${name}=`;
  // Only semicolons separate cookies. `Headers` joins several `Cookie` headers with commas, but a value may contain a
  // comma as well: whoever can set some cookie could then make up one with the prefix `__Host-`.
  for (const pair of header.split(';')) {
    const cookie = trimmed(pair);
    const value = cookie.slice(start.length);
    if (cookie.startsWith(start) && isId(value)) return value;
  }
  return undefined;
}

const ASCII_SPACE = ' \t\r\n\f';

/**
 * Without ASCII white space around it; `trim` would take more away. A regular expression would take time that grows
 * with the square of the spaces within, of which a client can send many.
 */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && ASCII_SPACE.includes(text.charAt(start))) start += 1;
  while (end > start && ASCII_SPACE.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** `Headers`, or what has the same method. */
export interface HeadersLike {
  /** Returns the value of a header whose name is given in small letters. */
  get(name: string): string | null | undefined;
}

/** A `Request`, `Headers`, or anything with `headers`. */
export type RequestLike = HeadersLike | { readonly headers: HeadersLike };

/** Returns the value of the header `Cookie`; an empty text if there is none. */
export function cookieHeaderOf(request: RequestLike): string {
  const given = request as Partial<HeadersLike & { headers: HeadersLike }> | undefined;
  const headers = given?.headers ?? given;
  if (typeof headers?.get !== 'function') {
    throw new MisuseError('this is no request: it has neither headers nor a method get that returns a header');
  }
  return headers.get('cookie') ?? '';
}
