/**
 * Sessions for applications with Hono.
 *
 * @packageDocumentation
 */

import { Hono, type Context, type Env, type Schema } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { cloneRawRequest } from 'hono/request';
import { routePath } from 'hono/route';

import type { Session, Visit, Visitors } from './index.js';
import { RequestCopies } from './copies.js';
import { SessionError } from './errors/base.js';
import { log, responseFor } from './failure.js';
import { withoutPending } from './pending.js';
import { checkedResponse, withCookie } from './respond.js';
import type { AnySession } from './types.js';

/**
 * The environment of routes with sessions.
 *
 * ```ts
 * const routes = new Hono<SessionEnv<ShopSession>>();
 * ```
 */
export interface SessionEnv<S extends object = AnySession> {
  Variables: {
    /** The visitor's session. For a new visitor it has begun; if nothing is stored in it, nothing remains of it. */
    session: Session<S>;
    /** The visit: login, logout, savepoints and the transaction. */
    visit: Visit<S>;
  };
}

/**
 * Returns the routes with sessions: `c.get('session')` and `c.get('visit')` in their handlers and middleware. The
 * visit is committed after the handler and before the response leaves.
 *
 * ```ts
 * const routes = new Hono<SessionEnv<ShopSession>>();
 * routes.post('/apples', (c) => {
 *   c.get('session').package('cart').add('apple', 1);
 *   return c.text('added');
 * });
 *
 * const app = new Hono();
 * app.use(logger());
 * app.route('/', sessions(shop, routes));
 * ```
 *
 * After a conflict, everything in `routes` runs again, on a fresh context and a copy of the request whose body is
 * unread. What is outside, such as the logger above, runs once; the variables that it set are in the context of every
 * run.
 *
 * If a handler throws, also if `routes.onError` turns the error into a response, nothing is stored and no cookie is
 * sent. Without `routes.onError`, the error goes to the application outside. If the commit fails, an `HTTPException`
 * goes there, whose `cause` is the error, and which responds with 503, 413 or 500 as `Visitors.listener` does. A
 * request for which `routes` has no handler goes on to what follows outside.
 *
 * The body of a streamed response is produced after the commit, so it cannot use the session.
 */
export function sessions<S extends object, E extends Env, Routes extends Schema, Path extends string>(
  visitors: Visitors<S>,
  routes: Hono<E, Routes, Path> & RoutesFor<S, E>,
): Hono<E, Routes, Path> {
  const innerAt = new Map<string, Hono>();
  const outer = new Hono();
  outer.all('*', async (context, next) => {
    const base = routePath(context).replace(/\/?\*$/, '');
    const inner = innerAt.get(base) ?? innerApp(base, routes);
    innerAt.set(base, inner);
    const { response, isUnmatched } = await visit(visitors, inner, context);
    if (!isUnmatched) return respond(context, context.newResponse(response.body, response));
    await next();
    return respond(context, response.headers.getSetCookie().reduce(withCookie, context.res));
  });
  return outer as unknown as Hono<E, Routes, Path>;
}

/** Sets the response. Hono would put the cookies of an earlier one in the place of its cookies. */
function respond(context: Context, response: Response): void {
  context.res = undefined;
  context.res = response;
}

/** Resolves to what no routes are if these expect the sessions of other visitors. */
type RoutesFor<S extends object, E extends Env> = E extends { Variables: { session: infer Expected } }
  ? Session<S> extends Expected
    ? unknown
    : SessionEnv<S>
  : unknown;

/** What one run of the routes needs, and what became of it. */
interface Run {
  readonly visit: unknown;
  readonly session: unknown;
  readonly variables: Readonly<Record<string, unknown>>;
  /** What a handler threw, if no `onError` of the routes responded to it. */
  thrown?: { readonly error: unknown };
  /** Whether an `onError` of the routes responded. */
  isFailed?: boolean;
  /** Whether the routes have no handler for the request. */
  isUnmatched?: boolean;
}

/** A failed run: nothing of it may be stored. */
class Failed {
  readonly run: Run;
  readonly response: Response;

  constructor(run: Run, response: Response) {
    this.run = run;
    this.response = response;
  }
}

interface Outcome {
  readonly response: Response;
  readonly isUnmatched: boolean;
}

/** The runs that are going on. Each has a request of its own. */
const runs = new WeakMap<Request, Run>();

/** Returns the routes at a path, with a middleware in front that hands out the session. */
function innerApp<E extends Env, Routes extends Schema, Path extends string>(
  base: string,
  routes: Hono<E, Routes, Path>,
): Hono {
  const inner = new Hono<{ Variables: Record<string, unknown> }>();
  inner.use(async (context, next) => {
    const run = runOf(context);
    for (const [name, value] of Object.entries(run.variables)) context.set(name, value);
    context.set('visit', run.visit);
    context.set('session', run.session);
    await next();
    run.isFailed = context.error !== undefined;
  });
  inner.route(base === '' ? '/' : base, routes);
  inner.onError((error, context) => {
    runOf(context).thrown = { error };
    return context.body(null, 500);
  });
  inner.notFound((context) => {
    runOf(context).isUnmatched = true;
    return context.body(null, 404);
  });
  return inner as unknown as Hono;
}

function runOf(context: Context): Run {
  const run = runs.get(context.req.raw);
  if (run === undefined) throw new Error('a middleware replaced c.req.raw inside of the routes with sessions');
  return run;
}

/** Runs the routes in a visit. */
async function visit<S extends object>(visitors: Visitors<S>, inner: Hono, context: Context): Promise<Outcome> {
  const copies = await copiesOf(context);
  let fromHandler: unknown;
  try {
    const { value, setCookie } = await visitors.visit(context.req.raw, async (current) => {
      try {
        return await runOnce(current, inner, context, copies.next());
      } catch (error) {
        fromHandler = error;
        throw error;
      }
    });
    const response = setCookie === undefined ? value.response : withCookie(value.response, setCookie);
    return { ...value, response };
  } catch (error) {
    if (error instanceof Failed) return failed(error);
    throw error === fromHandler ? error : refusal(error);
  } finally {
    // For what follows outside.
    context.req.raw = copies.next();
  }
}

/** A middleware outside may have read the body. Hono keeps what it has read, and makes a request of it again. */
async function copiesOf({ req }: Context): Promise<RequestCopies> {
  return new RequestCopies(req.raw.bodyUsed ? await cloneRawRequest(req) : req.raw);
}

async function runOnce<S extends object>(
  current: Visit<S>,
  inner: Hono,
  context: Context,
  request: Request,
): Promise<Outcome> {
  const run: Run = { visit: current, session: current.sessionOrBegin(), variables: context.var };
  runs.set(request, run);
  const response = checkedResponse(
    await withoutPending(() => inner.fetch(request, context.env, executionContextOf(context))),
  );
  if (run.thrown || run.isFailed) throw new Failed(run, response);
  return { response, isUnmatched: run.isUnmatched ?? false };
}

/** The response of an `onError`, or the error itself for the application outside. */
function failed({ run, response }: Failed): Outcome {
  if (run.thrown) throw run.thrown.error;
  return { response, isUnmatched: false };
}

/** What the application outside gets when the sessions fail, which is not its fault. */
function refusal(error: unknown): unknown {
  if (!(error instanceof SessionError)) return error;
  log(error);
  const res = responseFor(error);
  return new HTTPException(res.status as 500, { res, message: error.message, cause: error });
}

type ExecutionContext = Context['executionCtx'];

/** Hono throws where there is none. */
function executionContextOf(context: Context): ExecutionContext | undefined {
  try {
    return context.executionCtx;
  } catch {
    return undefined;
  }
}
