// Responses.

/** The page has no scripts, and its style and its forms are its own. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

export function json(status, value) {
  return response(status, JSON.stringify(value), { 'content-type': 'application/json' });
}

export function page(status, html) {
  return response(status, html, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': PAGE_POLICY,
  });
}

export function style(css) {
  return response(200, css, { 'content-type': 'text/css; charset=utf-8' });
}

/** Sends a browser on after a form has done its work, so that a reload does not repeat it. */
export function seeOther(location) {
  return response(303, null, { location });
}

/** What a response shows belongs to one visitor at one time, so nothing may keep it. */
function response(status, body, headers) {
  const common = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  return new Response(body, { status, headers: { ...common, ...headers } });
}
