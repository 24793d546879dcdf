// Values of another type, and values that JSON cannot express.

import { Container, visitors, type Visit } from 'lovely-session';

interface ShopSession {
  cart: Record<string, number>;
  checkout: { attempts: number; coupon: string; paid?: boolean };
}

export function work(visit: Visit<ShopSession>): void {
  const session = visit.sessionOrBegin();
  const cart = session.package('cart');
  cart.set('apple', 'two'); // error TS2345
  cart.set('apple', undefined); // error TS2345
  cart.set('apple', Promise.resolve(2)); // error TS2345
  cart.add('apple', '2'); // error TS2345
  cart.update({ apple: 'two' }); // error TS2322
  session.package('checkout').update({ attempts: 'two' }); // error TS2322
  session.package('checkout').set('paid', undefined); // error TS2345
  const apples: number = cart.get('apple'); // error TS2322
  const coupon: number | undefined = session.package('checkout').peek('coupon'); // error TS2322
  const entries: [string, string][] = cart.entries(); // error TS2322
  console.log(apples, coupon, entries);
}

visitors<{ log: { tags: unknown } }>('shop', { cookie: { name: 'sid' } }); // error TS2344
visitors<{ log: { tags: string | undefined } }>('shop', { cookie: { name: 'sid' } }); // error TS2344
visitors<{ log: { tags?: { at: Date }[] } }>('shop', { cookie: { name: 'sid' } }); // error TS2344
visitors<{ log: { tags: Record<string, Date> } }>('shop', { cookie: { name: 'sid' } }); // error TS2344
visitors<{ log: Map<string, number> }>('shop', { cookie: { name: 'sid' } }); // error TS2344
visitors<ShopSession>('shop', { cookie: { name: 'sid' }, shapes: { checkout: { attempts: String } } }); // error TS2322
visitors<{ log: { date: Date } }>('shop', { cookie: { name: 'sid' } }); // error TS2344
visitors<{ log: { tags: Set<string> } }>('shop', { cookie: { name: 'sid' } }); // error TS2344
visitors<{ log: { big: bigint } }>('shop', { cookie: { name: 'sid' } }); // error TS2344
visitors<{ log: { nested: { run: () => void }[] } }>('shop', { cookie: { name: 'sid' } }); // error TS2344
Container.open<{ log: { date: Date } }>('shop'); // error TS2344
