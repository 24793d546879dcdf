// What the examples of the README use without declaring it.

import type { Handler, Visit, Visitors } from 'lovely-session';

declare global {
  interface ShopSession {
    cart: Record<string, number>;
    checkout: { attempts: number; coupon: string };
  }

  const shop: Visitors<ShopSession>;
  const visit: Visit<ShopSession>;
  const handler: Handler<ShopSession>;
  const coupon: string;
  /** As in the library `WebWorker`; the library `DOM` does not have it. */
  interface FetchEvent extends Event {
    readonly request: Request;
    respondWith(response: Response | PromiseLike<Response>): void;
  }
  function placeOrder(visit: Visit<ShopSession>): void;
  function isValid(coupon: string): boolean;
}
