// Handlers that use the SDK in a wrong way. Each must get a 500 that names the mistake.

import { transact, visitors } from 'lovely-session';

const shop = visitors('misuse', { cookie: { name: 'sid', overPlainHttp: true } });

/** A listener for each path. */
export const misuse = {
  '/misuse/returns-nothing': shop.listener((visit) => {
    store(visit);
  }),

  '/misuse/returns-text': shop.listener((visit) => {
    store(visit);
    return 'a text';
  }),

  '/misuse/throws': shop.listener((visit) => {
    store(visit);
    throw new Error('a secret of the application');
  }),

  '/misuse/answers-twice': shop.listener(async (visit) => {
    store(visit);
    const response = new Response('once');
    await response.text();
    return response;
  }),

  '/misuse/keeps-session': shop.listener(async (_visit, request) => {
    const { value: session } = await shop.visit(request, (visit) => visit.sessionOrBegin());
    session.package('kept').set('key', 1);
    return new Response('stored');
  }),

  '/misuse/forgets-await': shop.listener((visit) => {
    store(visit);
    transact(async () => pause());
    return new Response('stored');
  }),

  '/misuse/forgets-await-of-value': shop.listener((visit) => {
    visit.sessionOrBegin().package('kept').set('key', pause());
    return new Response('stored');
  }),

  '/misuse/forgets-await-of-all': shop.listener(async (visit, request) => {
    store(visit);
    await shop.visit(request, () => [1, 2].map(async () => pause()));
    return new Response('stored');
  }),

  '/misuse/commits-itself': shop.listener((visit) => {
    store(visit);
    visit.transaction.commit();
    return new Response('stored');
  }),

  // Nothing of the above may be stored.
  '/misuse/look': shop.listener((visit) => new Response(visit.session ? 'a session' : 'no session')),
};

function store(visit) {
  visit.sessionOrBegin().package('kept').set('key', 1);
}

function pause() {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
