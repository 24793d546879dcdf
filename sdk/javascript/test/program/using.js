// Savepoints and transactions with `using`: what is there after their blocks.

import { Container, Transaction, visitors } from 'lovely-session';

const shop = visitors('using', { cookie: { name: 'sid', overPlainHttp: true } });

/** Responds with the value of each key after its block. */
export const using = shop.listener((visit) => {
  const stored = visit.sessionOrBegin().package('stored');
  const keys = { left, released, thrown, rolledBack };
  for (const [key, block] of Object.entries(keys)) {
    stored.set(key, 'before');
    block(visit, (value) => stored.set(key, value));
  }
  const values = Object.fromEntries(stored.entries());
  return new Response(JSON.stringify({ ...values, ...transactions(visit.session.id) }));
});

function left(visit, set) {
  using _savepoint = visit.savepoint();
  set('in the block');
}

function released(visit, set) {
  using savepoint = visit.savepoint();
  set('in the block');
  savepoint.release();
}

function thrown(visit, set) {
  try {
    using _savepoint = visit.savepoint();
    set('in the block');
    throw new Error('left with an exception');
  } catch {
    // The savepoint was rolled back.
  }
}

function rolledBack(visit, set) {
  using savepoint = visit.savepoint();
  set('in the block');
  savepoint.rollback();
  set('after the rollback');
}

/** A transaction that was left without a commit stores nothing, and what came from it is finished. */
function transactions(id) {
  const container = Container.open('using');
  let kept;
  {
    using transaction = Transaction.begin();
    kept = container.session(transaction, `${id} of another`).package('stored');
    kept.set('key', 'not committed');
  }
  using transaction = Transaction.begin();
  const value = container.session(transaction, `${id} of another`).package('stored').get('key') ?? null;
  return { dropped: value, kept: codeOf(() => kept.get('key')) };
}

function codeOf(call) {
  try {
    call();
    return undefined;
  } catch (error) {
    return error.code;
  }
}
