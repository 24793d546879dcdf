// Responses of handlers.

import { MisuseError } from './errors/use.js';
import type { Visit } from './visit.js';

/** Responds to a request within a visit. */
export type Handler<S extends object> = (visit: Visit<S>, request: Request) => Response | PromiseLike<Response>;

/** Returns what a handler returned, if it can be sent. */
export function checkedResponse(response: unknown): Response {
  if (response === undefined) {
    throw new MisuseError('the handler returned nothing: return a Response from every branch');
  }
  if (!isResponse(response)) {
    throw new MisuseError('the handler returned something that is not a Response: return `new Response(…)`');
  }
  if (response.bodyUsed || response.body?.locked) {
    throw new MisuseError(
      'the handler returned a Response whose body is used already: create a new Response each time, and return a clone ' +
        'of one whose body you read',
    );
  }
  // `withCookie` could not copy it, and then it would be too late.
  if (response.status < 200 || response.status > 599) {
    throw new MisuseError(
      `the handler returned a Response with the status ${response.status}, such as that of Response.error(): return ` +
        'one with a status from 200 to 599',
    );
  }
  return response;
}

/** `instanceof` would refuse a Response of a library that brings its own class. */
function isResponse(value: unknown): value is Response {
  return typeof value === 'object' && value !== null && 'status' in value && 'headers' in value && 'body' in value;
}

/**
 * Returns a copy of the response with one more `Set-Cookie` header. Its own headers may be fixed, as those of
 * `Response.redirect` are, and a handler may return it again to another visitor, who must not get this cookie.
 */
export function withCookie(response: Response, setCookie: string): Response {
  const copy = new Response(response.body, response);
  copy.headers.append('set-cookie', setCookie);
  return copy;
}
