import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Cookie } from '../../dist/cookie/cookie.js';
import { setCookieAfter } from '../../dist/set-cookie.js';

const DEFAULTS = 'HttpOnly; Secure; SameSite=Lax; Path=/';

function setCookie(options) {
  return new Cookie({ name: 'sid', ...options }).setCookie('abc');
}

function refusal(options) {
  try {
    new Cookie({ name: 'sid', ...options });
  } catch (error) {
    assert.equal(error.code, 'invalid-cookie');
    assert.equal(error.name, 'InvalidCookieError');
    return error.reason;
  }
  return undefined;
}

test('every attribute is sent, in the same order as by the SDK for Rust', () => {
  assert.equal(setCookie({}), `__Host-sid=abc; ${DEFAULTS}`);
  assert.equal(setCookie({ overPlainHttp: true }), 'sid=abc; HttpOnly; SameSite=Lax; Path=/');
  assert.equal(
    setCookie({ withoutHostPrefix: true, sameSite: 'strict', path: '/shop', maxAge: 3600 }),
    'sid=abc; HttpOnly; Secure; SameSite=Strict; Path=/shop; Max-Age=3600',
  );
  assert.equal(
    setCookie({ sameSite: 'none', partitioned: true, maxAge: 60 }),
    '__Host-sid=abc; HttpOnly; Secure; SameSite=None; Path=/; Max-Age=60; Partitioned',
  );
});

test('only an option that says so takes the prefix or Secure away', () => {
  assert.equal(setCookie({ withoutHostPrefix: true }), `sid=abc; ${DEFAULTS}`);
  assert.equal(setCookie({ withoutHostPrefix: true, overPlainHttp: true }), 'sid=abc; HttpOnly; SameSite=Lax; Path=/');
  assert.equal(setCookie({ withoutHostPrefix: false, overPlainHttp: undefined }), `__Host-sid=abc; ${DEFAULTS}`);
});

test('the cookie that removes another one has its attributes, and no other age', () => {
  assert.equal(new Cookie({ name: 'sid' }).removeCookie(), `__Host-sid=; ${DEFAULTS}; Max-Age=0`);
  const partitioned = new Cookie({ name: 'sid', partitioned: true, maxAge: 60 });
  assert.equal(partitioned.removeCookie(), `__Host-sid=; ${DEFAULTS}; Max-Age=0; Partitioned`);
});

test('a cookie that browsers do not accept is refused', () => {
  for (const name of ['', 'a b', 'a=b', 'a;b', 'ü', 'a\n', '(sid)', undefined, 7]) {
    assert.equal(refusal({ name }), 'name', String(name));
  }
  for (const name of ['__Host-sid', '__host-sid', '__Secure-sid', '__Http-sid', '__host-http-sid']) {
    assert.equal(refusal({ name }), 'prefix', name);
  }
  for (const path of ['', 'shop', '/; Domain=example.com', '/\r\n', '/ü', '/\u007f']) {
    assert.equal(refusal({ path, overPlainHttp: true }), 'path', path);
  }
  assert.equal(refusal({ path: '/shop' }), 'host-prefix-path');
  assert.equal(refusal({ sameSite: 'Lax' }), 'same-site');
  assert.equal(refusal({ sameSite: 'none', overPlainHttp: true }), 'same-site-none');
  assert.equal(refusal({ partitioned: true, overPlainHttp: true }), 'partitioned');
  for (const maxAge of [0, -1, 1.5, NaN, Infinity, 2 ** 32, '60']) assert.equal(refusal({ maxAge }), 'max-age');
});

function found(header, options = { overPlainHttp: true }) {
  return new Cookie({ name: 'sid', ...options }).idIn(new Headers({ cookie: header }));
}

test('the id is found among other cookies', () => {
  assert.equal(found('sid=abc'), 'abc');
  assert.equal(found('theme=dark; sid=abc; lang=en'), 'abc');
  assert.equal(found('theme=dark;sid=a=b'), 'a=b');
  assert.equal(found('__Host-sid=abc', {}), 'abc');
});

test('a cookie of another name is not the id', () => {
  for (const header of ['', 'sid', 'xsid=abc', 'SID=abc', 'sid2=abc', 'theme=sid=abc', ';;', 'sid =abc']) {
    assert.equal(found(header), undefined, header);
  }
  assert.equal(found('sid=abc', {}), undefined);
});

test('what cannot be an id is not found, and does not hide a good one', () => {
  for (const value of ['', 'a b', '"abc"', 'a,b', 'a\\b', 'ÿ', 'x'.repeat(1025)]) {
    assert.equal(found(`sid=${value}`), undefined, value);
    assert.equal(found(`sid=${value}; sid=abc; sid=later`), 'abc', value);
  }
  assert.equal(found(`sid=${'x'.repeat(1024)}`), 'x'.repeat(1024));
  assert.equal(found('\u00a0sid=abc'), undefined);
});

test('a long header takes no long time', () => {
  const spaces = ' '.repeat(100_000);
  const begin = performance.now();
  assert.equal(found(`theme=a${spaces}b; sid=abc${spaces}; lang=en`), 'abc');
  assert.ok(performance.now() - begin < 1000);
});

test('no other cookie can make one up', () => {
  assert.equal(found('theme=a, __Host-sid=planted', {}), undefined);
});

test('a request, headers, and anything with headers have cookies', () => {
  const cookie = new Cookie({ name: 'sid', overPlainHttp: true });
  const headers = new Headers({ cookie: 'sid=abc' });
  assert.equal(cookie.idIn(headers), 'abc');
  assert.equal(cookie.idIn({ headers }), 'abc');
  assert.equal(cookie.idIn({ headers: { get: (name) => (name === 'cookie' ? 'sid=abc' : null) } }), 'abc');
  assert.equal(cookie.idIn({ headers: new Headers() }), undefined);
  for (const wrong of [{ headers: { cookie: 'sid=abc' } }, undefined, null, 'sid=abc', { headers: undefined }]) {
    assert.throws(() => cookie.idIn(wrong), { code: 'misuse' });
  }
});

test('an id that would not be found again is refused', () => {
  for (const id of ['', 'a b', 'a;b', 'x'.repeat(1025)]) {
    assert.throws(() => new Cookie({ name: 'sid' }).setCookie(id), { code: 'invalid-cookie', reason: 'session-id' });
  }
});

test('a browser is told an id that it does not have, and that a session ended', () => {
  const cookie = new Cookie({ name: 'sid', overPlainHttp: true });
  const told = 'sid=new; HttpOnly; SameSite=Lax; Path=/';
  const forget = 'sid=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0';
  assert.equal(setCookieAfter(cookie, undefined, 'session', 'new'), told);
  assert.equal(setCookieAfter(cookie, 'old', 'session', 'new'), told);
  assert.equal(setCookieAfter(cookie, 'new', 'session', 'new'), undefined);
  assert.equal(setCookieAfter(cookie, 'old', 'end', 'old'), forget);
  assert.equal(setCookieAfter(cookie, undefined, 'end', undefined), forget);
  assert.equal(setCookieAfter(cookie, 'planted', 'none', undefined), undefined);
  assert.equal(setCookieAfter(cookie, undefined, 'none', 'unused'), undefined);
});

test('a browser is reminded of a cookie with an age', () => {
  const cookie = new Cookie({ name: 'sid', overPlainHttp: true, maxAge: 60 });
  const reminder = 'sid=same; HttpOnly; SameSite=Lax; Path=/; Max-Age=60';
  assert.equal(setCookieAfter(cookie, 'same', 'session', 'same'), reminder);
});
