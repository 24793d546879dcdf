import { checkedIsolation, checkedPatience, type TransactOptions } from './options.js';
import { Patience } from './patience.js';
import { tracked } from './pending.js';
import { AFTER_CONFLICT, retry, runWork } from './retry.js';
import { Transaction } from './transaction.js';
import { checkAwaited } from './values/write.js';

/**
 * Begins a transaction, runs `work` in it, and commits it. Resolves to the result of `work`, which may be asynchronous.
 *
 * If another transaction changed what `work` depends on, nothing was stored, and `work` runs again in a new transaction,
 * on fresh data, until it succeeds or its patience is over. So **`work` may run more than once**: do nothing in it,
 * outside of the transaction, that must not happen twice.
 *
 * If `work` throws, the transaction is aborted and the error is thrown. `work` must not commit or abort the transaction.
 *
 * ```ts
 * const points = await transact((transaction) => {
 *   const score = Container.open('players').session(transaction, 'player 7').package('score');
 *   const points = (score.get('points') ?? 0) + 1;
 *   score.set('points', points);
 *   return points;
 * });
 * ```
 *
 * @throws What `work` throws, and the errors of `Transaction.commit`. `ConflictError` is thrown only when every run
 * conflicted until the patience was over. After any other error `work` is not run again, in particular not after
 * `OutcomeUnknownError`, because the commit may have been applied.
 */
export function transact<T>(
  work: (transaction: Transaction) => T | PromiseLike<T>,
  options: TransactOptions = {},
): Promise<T> {
  return tracked(async () => {
    const isolation = checkedIsolation(options.isolation);
    const patience = new Patience(checkedPatience(options.patience));
    return retry(patience, AFTER_CONFLICT, () => runOnce(Transaction.beginFor('transact', isolation), work));
  });
}

async function runOnce<T>(transaction: Transaction, work: (transaction: Transaction) => T | PromiseLike<T>): Promise<T> {
  try {
    const result = await runWork(() => work(transaction));
    checkAwaited(result);
    transaction.commitAsOwner();
    return result;
  } finally {
    transaction.endAsOwner();
  }
}
