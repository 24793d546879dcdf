// An edge function that does with the SDK what a request tells it, for the tests of the SDKs.
// tests/programs/sdk/README.md describes the requests.

import { misuse } from './misuse.js';
import { planIn } from './plan.js';
import { run } from './work.js';

addEventListener('fetch', (event) => {
  const { pathname } = new URL(event.request.url);
  const wrong = misuse[pathname];
  if (wrong) wrong(event);
  else event.respondWith(answer(event.request));
});

async function answer(request) {
  const plan = planIn(await request.text());
  if (!plan) return json(400, { error: { name: 'bad-request', text: 'the body is not as described' } });
  const { reply, setCookie } = await run(plan, request);
  const response = json(200, reply);
  if (setCookie !== undefined) response.headers.append('set-cookie', setCookie);
  return response;
}

function json(status, value) {
  return new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json' } });
}
