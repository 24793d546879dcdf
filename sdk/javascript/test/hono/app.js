// An application with Hono, for the tests of `lovely-session/hono`.

import { Container, Transaction, visitors } from 'lovely-session';
import { sessions } from 'lovely-session/hono';
import { Hono } from 'hono';

const shop = visitors('hono', { cookie: { name: 'sid', overPlainHttp: true } });

/** Visitors whose work is not run again for long. */
const impatient = visitors('hono', { cookie: { name: 'sid', overPlainHttp: true }, patience: 50 });

const routes = new Hono();

routes.get('/count', (c) => {
  const visits = c.get('session').package('visits');
  visits.add('count', 1);
  return c.text(`visits: ${visits.peek('count')}`);
});

routes.get('/fail', (c) => {
  c.get('session').package('visits').set('count', 100);
  throw new Error('the handler fails');
});

// As /fail, but an `onError` of the routes responds.
const forgiving = new Hono();
forgiving.get('/fail-politely', (c) => {
  c.get('session').package('visits').set('count', 100);
  throw new Error('the handler fails');
});
forgiving.onError((error, c) => c.text(`sorry: ${error.message}`, 500));
routes.route('/', forgiving);

/** The runs of the handler in this instance, which handles one request. */
let runs = 0;

// In the first runs, another transaction changes the same key.
routes.on(['GET', 'POST'], '/rival', async (c) => {
  runs += 1;
  const session = c.get('session');
  const visits = session.package('visits');
  const count = (visits.get('count') ?? 0) + 1;
  if (runs <= Number(c.req.query('times'))) rival(session.id);
  visits.set('count', count);
  const body = c.req.method === 'POST' ? await c.req.text() : '';
  return c.text(`counted ${count} after ${runs} runs${body && `: ${body}`}`);
});

routes.get('/log-in', (c) => {
  c.get('visit').sessionWithNewId().package('login').set('user', 'ann');
  return c.text('logged in');
});

routes.get('/log-out', (c) => {
  c.get('visit').logOut();
  return c.text('logged out');
});

routes.get('/user', (c) => c.text(c.get('session').package('login').peek('user') ?? 'nobody'));

/** The requests that the middleware outside of the sessions has seen. */
let outside = 0;

const app = new Hono();
app.use(async (c, next) => {
  outside += 1;
  c.set('greeting', 'hello');
  c.header('x-before', 'outside');
  if (c.req.query('read') !== undefined) await c.req.text();
  await next();
  c.header('x-outside', String(outside));
});
routes.get('/greeting', (c) => c.text(c.get('greeting')));
routes.get('/items/:id', (c) => c.text(`${c.req.param('shop') ?? 'no shop'}: ${c.req.param('id')}`));
app.route('/', sessions(shop, routes));
app.route('/shops/:shop', sessions(shop, routes));
app.route('/impatient', sessions(impatient, routes));
app.on(['GET', 'POST'], '/after', async (c) => c.text(`a route after the sessions: ${await c.req.text()}`));

addEventListener('fetch', (event) => event.respondWith(app.fetch(event.request)));

function rival(id) {
  using transaction = Transaction.begin();
  Container.open('hono').session(transaction, id).package('visits').add('count', 10);
  transaction.commit();
}
