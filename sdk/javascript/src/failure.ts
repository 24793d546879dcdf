// The responses to errors.

import { SessionError, type ErrorCode } from './errors/base.js';

const LOST_RACE: Refusal = [503, 'too many requests changed this session at the same time; try again'];

type Refusal = readonly [status: number, text: string];

const REFUSALS: { readonly [C in ErrorCode]?: Refusal } = {
  conflict: LOST_RACE,
  gone: LOST_RACE,
  ended: LOST_RACE,
  unavailable: [503, 'the sessions cannot be reached now; try again later'],
  'outcome-unknown': [503, 'it is not known whether this was done; look first, then decide whether to repeat it'],
  'too-large': [413, 'the session is full; remove something first'],
  damaged: [500, 'the stored session is damaged'],
  'unknown-format': [500, 'the session was stored by a newer version'],
  unsupported: [500, 'the store cannot keep sessions'],
  denied: [500, 'the store refused access'],
  store: [500, 'the store failed'],
  'wrong-type': [500, 'the session holds a value of another type than expected'],
};

/** Mistakes of the program, whose messages say nothing about the visitor. */
const MISTAKES: readonly ErrorCode[] = ['misuse', 'finished', 'not-serializable', 'savepoint-invalid'];

/** Returns the response to an error. The text says nothing that was not meant for the client. */
export function responseFor(error: unknown): Response {
  const [status, text] = refusalFor(error);
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
  return new Response(`${text}\n`, { status, headers });
}

function refusalFor(error: unknown): Refusal {
  if (!(error instanceof SessionError)) return [500, 'the handler threw an error, so nothing was stored'];
  if (MISTAKES.includes(error.code)) return [500, error.message];
  return REFUSALS[error.code] ?? [500, 'sessions were used in a wrong way; nothing was stored'];
}

/** Logs an error. The messages of sessions have no ids and no values; what a handler throws is logged as it is. */
export function log(error: unknown): void {
  console.error(error instanceof SessionError ? `${error.name} (${error.code}): ${error.message}` : describe(error));
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return `the handler threw ${typeof error}`;
  try {
    return `${error.name}: ${error.message}\n${error.stack ?? ''}`.trimEnd();
  } catch {
    return 'the handler threw an error whose members cannot be read';
  }
}
