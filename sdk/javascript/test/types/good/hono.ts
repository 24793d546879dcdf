// An application with Hono.

import { visitors } from 'lovely-session';
import { sessions, type SessionEnv } from 'lovely-session/hono';
import { Hono } from 'hono';

interface ShopSession {
  cart: Record<string, number>;
}

const shop = visitors<ShopSession>('shop', { cookie: { name: 'sid' } });

const routes = new Hono<SessionEnv<ShopSession>>();
routes.get('/apples', (c) => {
  const apples: number | undefined = c.get('session').package('cart').get('apple');
  c.get('visit').savepoint().release();
  return c.text(`${apples}`);
});

const app = new Hono();
app.route('/', sessions(shop, routes));

export const fetch = (request: Request): Response | Promise<Response> => app.fetch(request);
