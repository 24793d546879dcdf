"""Runs work on a visitor's session in a transaction, and again when somebody else was faster."""

import random
import time
from collections.abc import Callable

from componentize_py_types import Err
from wit_world.imports.sessions import Container, Session
from wit_world.imports.transactions import (
    Error_Conflict,
    Error_Ended,
    Error_Gone,
    Error_InvalidName,
    Savepoint,
    Transaction,
)

# How many seconds after its beginning work may still be run again. Leave room for one more run below the limit that the
# host sets to a request.
PATIENCE = 5.0

# The first pause is at most so many seconds, and each further one may be twice as long as the one before.
FIRST_PAUSE = 0.002

# No pause is longer.
LONGEST_PAUSE = 0.25

# After these errors nothing was stored, and running the work again can help.
LOST_RACES = (Error_Conflict, Error_Gone, Error_Ended)


class Visit:
    """One visitor in one transaction."""

    def __init__(self, transaction: Transaction, session_id: str | None) -> None:
        self._transaction = transaction
        self._container = Container.open("cart", None)
        self._begun = False
        # None for a new visitor, for whom nothing is stored yet.
        self.session = None if session_id is None else self._resume(session_id)

    def session_or_begin(self) -> Session:
        """The session, begun now for a new visitor: for work that is about to store something."""
        if self.session is None:
            self.session = self._container.create(self._transaction)
            self._begun = True
        return self.session

    def savepoint(self) -> Savepoint:
        """A point that the work can return to."""
        return self._transaction.savepoint()

    @property
    def new_session(self) -> str | None:
        """The id of the session that began in this visit, if one did."""
        return self.session.id() if self._begun else None

    def _resume(self, session_id: str) -> Session | None:
        # The id may be anything, so one that we did not issue, or whose session has ended, is nobody's: it is
        # never adopted.
        try:
            return self._container.resume(self._transaction, session_id)
        except Err as error:
            if isinstance(error.value, (Error_Ended, Error_InvalidName)):
                return None
            raise


def transact[T](session_id: str | None, work: Callable[[Visit], T]) -> tuple[T, str | None]:
    """Runs `work` in a transaction and commits it.

    Answers what the work answered, and the id of the session that it began, if it did: the browser must be told.

    When another request changed the session first, nothing of `work` was stored, and it runs again on fresh data;
    when another request ended the session, or it expired meanwhile, it runs again for a new visitor. So `work` must
    do nothing that cannot be done twice. When it would take longer than the visitor may wait, the error is raised.
    """
    end = time.monotonic() + PATIENCE
    limit = 0.0  # The second run follows the first at once.
    while True:
        try:
            return _attempt(session_id, work)
        except Err as error:
            # At random, so that those who race for a session do not meet again.
            pause = random.uniform(0.0, limit)
            if not isinstance(error.value, LOST_RACES) or time.monotonic() + pause >= end:
                raise
        time.sleep(pause)
        limit = min(max(FIRST_PAUSE, 2 * limit), LONGEST_PAUSE)


def _attempt[T](session_id: str | None, work: Callable[[Visit], T]) -> tuple[T, str | None]:
    # When the block is left without a commit, every change is dropped.
    with Transaction(None) as transaction:
        visit = Visit(transaction, session_id)
        value = work(visit)
        transaction.commit()
        return value, visit.new_session
