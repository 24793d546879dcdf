import { log, responseFor } from './failure.js';
import { checkedResponse } from './respond.js';

/** A listener for the event `fetch`. */
export type FetchListener = (event: Event) => void;

/** Options of `Visitors.listener`. */
export interface ListenerOptions {
  /**
   * Returns the response to an error, or undefined for the default one. It is called after the error was logged. What
   * it throws is logged as well, and gets the default response, and so does what is no response.
   */
  onError?:
    ((error: unknown, request: Request) => Response | undefined | PromiseLike<Response | undefined>) | undefined;
}

/** The part of a `FetchEvent` that is needed here. */
interface FetchEventLike {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

/** Returns a listener that never fails. */
export function listenerFor(respond: (request: Request) => Promise<Response>, options: ListenerOptions): FetchListener {
  return (event) => {
    const { request } = event as unknown as FetchEventLike;
    const response = respond(request).catch((error: unknown) => refuse(error, request, options));
    (event as unknown as FetchEventLike).respondWith(response);
  };
}

async function refuse(error: unknown, request: Request, { onError }: ListenerOptions): Promise<Response> {
  log(error);
  try {
    const response = await onError?.(error, request);
    return response === undefined ? responseFor(error) : checkedResponse(response);
  } catch (second) {
    log(second);
    return responseFor(second);
  }
}
