import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RequestCopies } from '../../dist/copies.js';
import { listenerFor } from '../../dist/listener.js';
import { checkedContainerOptions, checkedIsolation, checkedPatience } from '../../dist/options.js';
import { tracked, withoutPending } from '../../dist/pending.js';
import { checkedResponse, withCookie } from '../../dist/respond.js';

test('a handler must return a response whose body is unread', async () => {
  const response = new Response('text');
  assert.equal(checkedResponse(response), response);
  await response.text();
  for (const wrong of [undefined, null, 'text', {}, response]) {
    assert.throws(() => checkedResponse(wrong), { code: 'misuse' });
  }
});

test('a handler must return a response that can be sent with a cookie', () => {
  const locked = new Response('text');
  locked.body.getReader();
  for (const wrong of [locked, Response.error()]) assert.throws(() => checkedResponse(wrong), { code: 'misuse' });
  const empty = new Response(null, { status: 204 });
  assert.equal(checkedResponse(empty), empty);
});

test('a cookie is added to those that are there, also where headers cannot be changed', () => {
  const response = withCookie(new Response('', { headers: { 'set-cookie': 'theme=dark' } }), 'sid=abc');
  assert.deepEqual(response.headers.getSetCookie(), ['theme=dark', 'sid=abc']);
  const redirect = withCookie(Response.redirect('http://localhost/', 303), 'sid=abc');
  assert.deepEqual([redirect.status, redirect.headers.get('location')], [303, 'http://localhost/']);
  assert.deepEqual(redirect.headers.getSetCookie(), ['sid=abc']);
});

test('a response that is returned again and again keeps no cookie of a visitor', () => {
  const shared = new Response(null, { status: 204, headers: { 'set-cookie': 'theme=dark' } });
  assert.deepEqual(withCookie(shared, 'sid=ann').headers.getSetCookie(), ['theme=dark', 'sid=ann']);
  assert.deepEqual(withCookie(shared, 'sid=bob').headers.getSetCookie(), ['theme=dark', 'sid=bob']);
  assert.deepEqual(shared.headers.getSetCookie(), ['theme=dark']);
});

test('every copy of a request has the whole body, the headers and the method', async () => {
  const request = new Request('http://localhost/a?b', { method: 'POST', body: 'the body', headers: { 'x-a': '1' } });
  const copies = new RequestCopies(request);
  for (let run = 0; run < 3; run += 1) {
    const copy = copies.next();
    assert.deepEqual([copy.url, copy.method, copy.headers.get('x-a')], ['http://localhost/a?b', 'POST', '1']);
    if (run !== 1) assert.equal(await copy.text(), 'the body');
  }
  const without = new RequestCopies(new Request('http://localhost/'));
  assert.equal(await without.next().text(), '');
});

test('a request whose body was read before is passed on as it is', async () => {
  const request = new Request('http://localhost/', { method: 'POST', body: 'the body' });
  await request.text();
  assert.equal(new RequestCopies(request).next(), request);
});

test('a call that nobody awaits is told', async () => {
  const pause = () => tracked(() => new Promise((resolve) => setTimeout(resolve, 1)));
  await assert.rejects(
    withoutPending(() => {
      pause();
    }),
    { code: 'misuse' },
  );
  assert.equal(await withoutPending(async () => (await pause(), 7)), 7);
  const outside = pause();
  assert.equal(await withoutPending(() => 8), 8, 'a call that began before does not count');
  await outside;
});

test('responses that a handler awaits together are not blamed for each other', async () => {
  const pause = () => tracked(() => new Promise((resolve) => setTimeout(resolve, 2)));
  const inner = (work) => tracked(() => withoutPending(work));
  const responses = () => Promise.all([inner(() => 1), inner(() => pause()), inner(() => 3)]);
  assert.deepEqual(await withoutPending(responses), [1, undefined, 3]);
  const forgetful = () => {
    pause();
  };
  await assert.rejects(withoutPending(() => inner(forgetful)), { code: 'misuse' });
  await assert.rejects(withoutPending(forgetful), { code: 'misuse' }, 'the next one is checked as well');
});

test('options out of their range are errors', () => {
  const options = { timeout: 0, resolution: undefined, maxSize: 1, rememberEnded: 86_400 };
  assert.deepEqual(checkedContainerOptions(options), options);
  const wrong = [
    ['timeout', { timeout: 315_360_001 }],
    ['timeout', { timeout: 1.5 }],
    ['timeout', { timeout: -1 }],
    ['resolution', { resolution: 2 ** 33 }],
    ['max-size', { maxSize: NaN }],
    ['remember-ended', { rememberEnded: 0 }],
    ['remember-ended', { rememberEnded: '60' }],
  ];
  for (const [option, given] of wrong) {
    assert.throws(() => checkedContainerOptions(given), { code: 'invalid-option', option });
  }
  assert.equal(checkedPatience(), 5000);
  for (const patience of [-1, NaN, '5']) assert.throws(() => checkedPatience(patience), { option: 'patience' });
  assert.throws(() => checkedIsolation('none'), { code: 'misuse' });
});

/** The response of a listener to a request that ends in this way. */
async function responseOf(respond, options = {}) {
  let response;
  const request = new Request('http://localhost/');
  listenerFor(respond, options)({ request, respondWith: (promise) => (response = promise) });
  return response;
}

test('a listener turns every error into a response, and logs it', async (context) => {
  const logged = context.mock.method(console, 'error', () => {});
  const fail = async () => {
    throw new Error('secret');
  };
  assert.equal((await responseOf(fail)).status, 500);
  assert.equal((await responseOf(fail, { onError: () => new Response('sorry', { status: 502 }) })).status, 502);
  assert.equal((await responseOf(fail, { onError: () => undefined })).status, 500);
  assert.equal((await responseOf(fail, { onError: fail })).status, 500);
  assert.equal(logged.mock.callCount(), 5);
  for (const wrong of ['sorry', Response.error()]) {
    assert.equal((await responseOf(fail, { onError: () => wrong })).status, 500, 'a result that cannot be sent');
  }
  const strange = async () => {
    throw Object.assign(new Error('strange'), { name: Symbol('x') });
  };
  assert.equal((await responseOf(strange)).status, 500);
  assert.equal((await responseOf(async () => new Response(null, { status: 204 }))).status, 204);
});
