// Calls in a wrong way.

import { visitors, Transaction, transact } from 'lovely-session';
import { sessions, type SessionEnv } from 'lovely-session/hono';
import { Hono } from 'hono';

const shop = visitors('shop', { cookie: { name: 'sid' } });

visitors('shop'); // error TS2554
visitors('shop', {}); // error TS2741
visitors('shop', { cookie: {} }); // error TS2741
visitors('shop', { cookie: { name: 'sid', sameSite: 'Lax' } }); // error TS2820
visitors('shop', { cookie: { name: 'sid' }, isolation: 'none' }); // error TS2322
visitors('shop', { cookie: { name: 'sid' }, timeout: '1h' }); // error TS2322
shop.listener(() => 'a text'); // error TS2322
shop.listener(() => undefined); // error TS2322
shop.respond(new Request('http://localhost'), () => {}); // error TS2345
shop.visit('a cookie', () => 1); // error TS2345
new Transaction(); // error TS2673
transact((transaction) => transaction.savepoint().rollBack()); // error TS2551

interface ShopSession {
  cart: Record<string, number>;
}

const routes = new Hono<SessionEnv<ShopSession>>();
routes.get('/', (c) => {
  c.get('session').package('chart'); // error TS2345
  c.get('sessions'); // error TS2769
  return c.text('');
});
new Hono().route('/', sessions(shop, 'routes')); // error TS2345
const typed = visitors<{ basket: { apples: number } }>('shop', { cookie: { name: 'sid' } });
new Hono().route('/', sessions(typed, routes)); // error TS2345
