// Errors in JSON.

import { SessionError } from 'lovely-session';

/** The work fails with an error of its own. */
export class ApplicationError extends Error {}

/** The members of an error that are told as they are. Absent ones are null. */
const DATA = {
  'invalid-name': ['kind', 'length', 'limit'],
  'invalid-option': ['option', 'maximum', 'given'],
  'invalid-json': ['key', 'reason'],
  'not-a-counter': ['package', 'key', 'held', 'added'],
  'too-many-sessions': ['limit'],
  'too-large': ['size', 'limit'],
  damaged: ['reason'],
  unavailable: ['reason'],
  unsupported: ['reason'],
  denied: ['reason'],
  store: ['reason'],
  'wrong-type': ['package', 'key', 'reason'],
  'not-serializable': ['package', 'key', 'reason'],
};

/** Returns an error as the tests expect it. An error that nobody expects is thrown on. */
export function errorInJson(error) {
  if (error instanceof ApplicationError) return { name: 'application', text: error.message };
  if (!(error instanceof SessionError)) throw error;
  const { code, message } = error;
  const data = (DATA[code] ?? []).map((member) => [member, error[member] ?? null]);
  return { name: code, text: message, ...Object.fromEntries(data), ...more(error) };
}

function more({ code, message, conflicts, sessions }) {
  switch (code) {
    case 'conflict':
      return { conflicts: conflicts.map(place) };
    case 'gone':
    case 'ended':
    case 'outcome-unknown':
      return { sessions: sessions.length };
    case 'invalid-cookie':
      return { reason: message };
    default:
      return {};
  }
}

function place({ container, package: name = null, key = null }) {
  return { container, package: name, key };
}
