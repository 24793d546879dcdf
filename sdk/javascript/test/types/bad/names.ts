// Names that the session does not have.

import { visitors, type Visit } from 'lovely-session';

interface ShopSession {
  cart: Record<string, number>;
  checkout: { attempts: number; coupon: string };
}

export function work(visit: Visit<ShopSession>): void {
  const session = visit.sessionOrBegin();
  session.package('chart'); // error TS2345
  session.removePackage('chart'); // error TS2345
  session.package('checkout').get('attempt'); // error TS2345
  session.package('checkout').has('attempt'); // error TS2345
  session.package('checkout').update({ attempt: 1 }); // error TS2353
  session.package('checkout').add('coupon', 1); // error TS2345
  visit.session.package('cart'); // error TS18048
}

visitors<ShopSession>('shop', { cookie: { name: 'sid' }, shapes: { chart: Number } }); // error TS2561
visitors<ShopSession>('shop', { cookie: { name: 'sid' }, shapes: { checkout: { attempt: Number } } }); // error TS2353
