import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Hono } from 'hono';

import { ConflictError } from '../../dist/errors/index.js';
import { sessions } from '../../dist/hono.js';

/** Visitors without a store. Each visit ends with this cookie, or with an error. */
function visitors(setCookie, error) {
  const visit = { sessionOrBegin: () => 'the session' };
  return {
    visit: async (_request, work) => {
      const value = await work(visit);
      if (error) throw error;
      return { value, setCookie };
    },
  };
}

function cookies(response) {
  return response.headers.getSetCookie();
}

const routes = new Hono();
routes.get('/text', (c) => c.text(c.get('session')));
routes.get('/theme', (c) => c.text('', { headers: { 'set-cookie': 'theme=dark' } }));
routes.get('/redirect', () => Response.redirect('http://localhost/', 303));

test('the cookie is added to those of the routes and of the application outside', async () => {
  const app = new Hono();
  app.use(async (c, next) => {
    c.header('set-cookie', 'before=1', { append: true });
    await next();
    c.header('set-cookie', 'after=1', { append: true });
  });
  app.route('/', sessions(visitors('sid=abc'), routes));
  assert.deepEqual(cookies(await app.request('/text')), ['before=1', 'sid=abc', 'after=1']);
  assert.deepEqual(cookies(await app.request('/theme')), ['before=1', 'theme=dark', 'sid=abc', 'after=1']);
  assert.deepEqual(cookies(await app.request('/redirect')), ['before=1', 'sid=abc', 'after=1']);
});

test('the cookie is not lost when a middleware outside has made a response before', async () => {
  const app = new Hono();
  app.use(async (c, next) => {
    c.res.headers.append('set-cookie', 'before=1');
    await next();
  });
  app.route('/', sessions(visitors('sid=abc'), routes));
  assert.deepEqual(cookies(await app.request('/text')), ['before=1', 'sid=abc']);
});

test('the cookie is sent with what follows outside', async () => {
  const app = new Hono();
  app.route('/', sessions(visitors('sid=abc'), routes));
  app.get('/after', (c) => c.text('', { headers: { 'set-cookie': 'after=1' } }));
  app.get('/after/redirect', () => Response.redirect('http://localhost/', 303));
  assert.deepEqual(cookies(await app.request('/after')), ['after=1', 'sid=abc']);
  assert.deepEqual(cookies(await app.request('/after/redirect')), ['sid=abc']);
  const missing = await app.request('/missing');
  assert.deepEqual([missing.status, cookies(missing)], [404, ['sid=abc']]);
});

test('a conflict that outlasts the patience is a 503, and the application outside can see it', async (context) => {
  context.mock.method(console, 'error', () => {});
  const conflict = new ConflictError([]);
  const app = new Hono();
  app.route('/', sessions(visitors('sid=abc', conflict), routes));
  const response = await app.request('/text');
  assert.deepEqual([response.status, cookies(response)], [503, []]);
  app.onError((error, c) => c.text(String(error.cause === conflict), 500));
  assert.equal(await (await app.request('/text')).text(), 'true');
});

test('what a handler throws stores nothing and sends no cookie', async (context) => {
  context.mock.method(console, 'error', () => {});
  const failing = new Hono();
  failing.get('/', () => {
    throw new Error('the handler fails');
  });
  const app = new Hono();
  app.route('/plain', sessions(visitors('sid=abc'), failing));
  const forgiving = new Hono().route('/', failing);
  forgiving.onError((_error, c) => c.text('sorry', 400));
  app.route('/forgiving', sessions(visitors('sid=abc'), new Hono().route('/', forgiving)));
  const plain = await app.request('/plain');
  assert.deepEqual([plain.status, cookies(plain)], [500, []]);
  const polite = await app.request('/forgiving');
  assert.deepEqual([polite.status, await polite.text(), cookies(polite)], [400, 'sorry', []]);
});
