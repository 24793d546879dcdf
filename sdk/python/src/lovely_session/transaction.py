"""Transactions and savepoints."""

from __future__ import annotations

from types import TracebackType
from typing import Literal, get_args

from . import _wit
from .calls import VISIT_IS_OVER, Scope
from .errors import Finished, Misuse, SavepointInvalid

Isolation = Literal["serializable", "snapshot", "last-writer-wins"]
"""Which changes of other transactions make a commit fail with `Conflict`.

`serializable`: transactions behave as if they ran one after another.

`snapshot`: a commit conflicts only when both transactions wrote the same key, or when this one cleared a package in
which the other changed a key.

`last-writer-wins`: writes replace what others wrote, key by key, so updates of others can be lost.
"""


class Transaction:
    """A unit of work over sessions, which commits as a whole or not at all.

    `with Transaction() as transaction:` commits when the block ends, and aborts when it raises. A conflict is raised
    there: the block cannot run again by itself. `transact` runs work again.

    Sessions, packages and savepoints that came from a transaction raise `Finished` when it is committed or aborted.
    """

    def __init__(self, isolation: Isolation = "serializable") -> None:
        """Begins a transaction. Sends nothing to the store."""
        level = _wit.Isolation[checked_isolation(isolation).upper().replace("-", "_")]
        self._handle = _wit.Transaction(_wit.TransactionOptions(level))
        self._scope = Scope()
        self._ended_by_the_sdk = False

    def savepoint(self) -> Savepoint:
        """Takes a savepoint of the current state. The cost does not depend on the size of the sessions.

        Raises `Finished` or `Busy` when the transaction cannot be used.
        """
        return Savepoint(self._scope.call(self._handle.savepoint), self._scope)

    def commit(self) -> None:
        """Writes all changed sessions, and finishes the transaction.

        Sessions that were only read, and sessions whose changes cancel out, are not written. A transaction that changed
        nothing sends nothing and never conflicts, unless it read several sessions at `serializable`: then it reads them
        again.

        After `TooLarge` and `Busy` the transaction is still open and unchanged. In all other cases it is finished.
        After `OutcomeUnknown` either all changes are stored or none. After any other exception nothing was stored, and
        nothing will be: `Conflict`, `Gone`, `Ended`, `Damaged`, `UnknownFormat`, `Finished`, and the failures of the
        store.
        """
        self._refuse_if_managed("commits")
        self._commit()

    def abort(self) -> None:
        """Drops all changes, and finishes the transaction. Sends nothing to the store.

        Raises `Finished` or `Busy` when the transaction cannot be used.
        """
        self._refuse_if_managed("aborts")
        self._scope.call(self._handle.abort)

    def __enter__(self) -> Transaction:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            try:
                self.commit()
            finally:
                self._drop()
        else:
            self._drop()

    def _manage(self) -> None:
        """Reserves the commit for the SDK."""
        self._ended_by_the_sdk = True

    def _refuse_if_managed(self, what: str) -> None:
        if self._ended_by_the_sdk:
            raise Misuse(
                f"the work {what} its own transaction: leave that out, for the transaction is committed when the work "
                "returns, and aborted when it raises"
            )

    def _commit(self) -> None:
        self._scope.call(self._handle.commit)

    def _drop(self, why: str | None = None) -> None:
        """Aborts the transaction unless it is finished, which later calls on what came from it are told."""
        self._scope.why_finished = why
        try:
            self._scope.call(self._handle.abort)
        except Finished:
            pass

    def _end_visit(self) -> None:
        self._drop(VISIT_IS_OVER)


def checked_isolation(isolation: Isolation) -> Isolation:
    """Returns the isolation level. Raises `Misuse` if it is none."""
    if isolation not in get_args(Isolation):
        raise Misuse("the isolation must be serializable, snapshot or last-writer-wins")
    return isolation


class Savepoint:
    """A state of a transaction that a rollback restores.

    `with transaction.savepoint():` rolls back when the block raises, and releases the savepoint otherwise.
    """

    def __init__(self, handle: _wit.Savepoint, scope: Scope) -> None:
        self._handle = handle
        self._scope = scope

    def rollback(self) -> None:
        """Restores the state right after this savepoint was taken, in all sessions.

        A session that joined later goes back to what was loaded. Later savepoints become invalid; this one can be
        rolled back to any number of times. Reads are not undone: they can still conflict.

        Raises `SavepointInvalid` after a release, or after a rollback to an earlier savepoint; `Finished` or `Busy`
        when the transaction cannot be used.
        """
        self._scope.call(self._handle.rollback)

    def release(self) -> None:
        """Removes this savepoint and the later ones, and keeps the changes.

        Raises as `rollback` does.
        """
        self._scope.call(self._handle.release)

    def __enter__(self) -> Savepoint:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.release()
            else:
                self.rollback()
        except SavepointInvalid:
            # The block released it already, or rolled back to an earlier savepoint: there is nothing left to do.
            pass
        except Finished:
            # What ended the transaction is what the block has raised.
            if error is None:
                raise
