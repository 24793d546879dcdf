// What a request tells the program to do.

const MEMBERS = ['container', 'timeout', 'isolation', 'patience', 'cookie', 'transact', 'steps'];

/** Returns the plan in a body, with the options as the SDK takes them; undefined if the body is not as described. */
export function planIn(body) {
  const plan = parsed(body);
  const isPlan = Array.isArray(plan?.steps) && Object.keys(plan).every((name) => MEMBERS.includes(name));
  if (!isPlan) return undefined;
  const { container = 'sdk', timeout, isolation, patience, cookie = {}, transact, steps } = plan;
  return { container, timeout, isolation, patience, cookie: cookieOptions(cookie), transact, steps };
}

function cookieOptions({ name = 'sid', max_age, same_site, path, partitioned, over_plain_http, without_host_prefix }) {
  return {
    name,
    maxAge: max_age,
    sameSite: same_site,
    path,
    partitioned,
    overPlainHttp: over_plain_http,
    withoutHostPrefix: without_host_prefix,
  };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
