"""Work in a transaction."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from .patience import Patience
from .retry import CONFLICT, do, retry
from .transaction import Isolation, Transaction, checked_isolation

P = ParamSpec("P")
T = TypeVar("T")

DEFAULT_PATIENCE = 5.0


def transact(
    work: Callable[[Transaction], T], *, isolation: Isolation = "serializable", patience: float = DEFAULT_PATIENCE
) -> T:
    """Begins a transaction, runs `work` in it, commits it, and returns the result of `work`.

    If another transaction changed what `work` depends on, nothing was stored, and `work` runs again in a new
    transaction, on fresh data, until it succeeds or the patience is over. So **`work` may run more than once**: do
    nothing in it, outside of the transaction, that must not happen twice. If `work` raises, the transaction is
    aborted. `work` must not commit or abort the transaction.

    `patience` is the number of seconds after the beginning of the first run within which another run may begin. With
    0, the work runs once. The second run begins at once. Before each further run there is a random pause, whose limit
    doubles up to 250 ms. When the next pause would end after the patience, the conflict is raised instead. Leave time
    for one more run, and for the rest of the request, within the time limit of the host, which ends the request
    without a response of the application; for `lovely-session serve`, it is 30 seconds unless `--time-limit` sets
    another one.

    Raises what `work` raises, and the exceptions of `Transaction.commit`. `Conflict` is raised only when every run
    conflicted until the patience was over. After any other exception `work` is not run again, in particular not after
    `OutcomeUnknown`, because the commit may have been applied.

    >>> def add_point(transaction):
    ...     score = Container("players").session(transaction, "player 7").package("score", int)
    ...     score["points"] = score.get("points", 0) + 1
    ...     return score["points"]
    >>> points = transact(add_point)
    """

    def run() -> T:
        transaction = Transaction(isolation)
        transaction._manage()
        try:
            value = do(work, transaction)
            transaction._commit()
            return value
        finally:
            transaction._drop()

    return retry(Patience(patience), CONFLICT, run)


def transactional(
    *, isolation: Isolation = "serializable", patience: float = DEFAULT_PATIENCE
) -> Callable[[Callable[Concatenate[Transaction, P], T]], Callable[P, T]]:
    """Makes a function whose first argument is a transaction one without: each call runs it by `transact`.

    >>> @transactional(patience=1)
    ... def add_points(transaction, player, points):
    ...     Container("players").session(transaction, player).package("score").add("points", points)
    >>> add_points("player 7", 3)
    """

    checked_isolation(isolation)

    def decorate(work: Callable[Concatenate[Transaction, P], T]) -> Callable[P, T]:
        @functools.wraps(work)
        def call(*arguments: P.args, **named: P.kwargs) -> T:
            return transact(
                lambda transaction: work(transaction, *arguments, **named), isolation=isolation, patience=patience
            )

        return call

    return decorate
