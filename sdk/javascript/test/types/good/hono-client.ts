// Routes with sessions and a typed client of them.

import { visitors } from 'lovely-session';
import { sessions, type SessionEnv } from 'lovely-session/hono';
import { Hono } from 'hono';
import { hc } from 'hono/client';

interface ShopSession {
  cart: Record<string, number>;
}

const shop = visitors<ShopSession>('shop', { cookie: { name: 'sid' } });

const routes = new Hono<SessionEnv<ShopSession>>()
  .get('/apples', (c) => c.json({ apples: c.get('session').package('cart').get('apple') ?? 0 }))
  .post('/items/:id', (c) => c.json({ id: c.req.param('id') }));
const app = new Hono().route('/shop', sessions(shop, routes));
const client = hc<typeof app>('http://localhost');

export async function apples(): Promise<number> {
  await client.shop.items[':id'].$post({ param: { id: 'apple' } });
  return (await (await client.shop.apples.$get()).json()).apples;
}

/** An environment with more in it. */
interface Env extends SessionEnv<ShopSession> {
  Bindings: { SECRET: string };
}
app.route('/', sessions(shop, new Hono<Env>()));
app.route('/', sessions(shop, new Hono()));
app.route('/', sessions(visitors('any', { cookie: { name: 'sid' } }), new Hono<SessionEnv>()));
