"""A visitor in one transaction."""

from __future__ import annotations

from typing import Literal

from .container import Container
from .errors import Ended, InvalidName, Misuse
from .session import Session
from .transaction import Savepoint, Transaction

Remaining = Literal["none", "session", "end"]
"""What the visitor's browser has to know after a visit.

`none`: there was no session, and none was begun and stored. `session`: there is one. `end`: it has ended, or the
visitor logged out without one.
"""


class Visit:
    """A visitor in one transaction: the argument of the work in `Visitors.visit`."""

    def __init__(self, transaction: Transaction, container: Container, presented: str | None) -> None:
        self._transaction = transaction
        self._container = container
        self._session = None if presented is None else self._resume(presented)
        self._resumed = self._session is not None
        self._logged_out = False
        self._is_committed = False
        self._set_cookie: str | None = None

    @property
    def session(self) -> Session | None:
        """The visitor's session, or `None` for a new visitor, for whom nothing is stored yet."""
        return self._session

    @property
    def transaction(self) -> Transaction:
        """The transaction of this visit, for sessions of other containers. Do not commit or abort it."""
        return self._transaction

    @property
    def set_cookie(self) -> str | None:
        """The value of a `Set-Cookie` header for the response, after the block of `Visitors.visiting`.

        `None` if the browser has the right cookie already. It contains the session's id, which is a secret.

        Raises `Misuse` before the end of the block, and when the block raised.
        """
        if not self._is_committed:
            raise Misuse("set_cookie is known only after the block of `visiting`, when the visit is committed")
        return self._set_cookie

    def session_or_begin(self) -> Session:
        """Returns the visitor's session, and begins it for a new visitor.

        If nothing is stored in it, no session and no cookie remain after the visit.

        Raises `TooManySessions` or `Finished`.
        """
        if self._session is None:
            self._session = self._container.create(self._transaction)
        return self._session

    def session_with_new_id(self) -> Session:
        """Returns the visitor's session under a fresh id, and begins it for a new visitor.

        Call it whenever the rights of a visitor change, above all at login: the old id ends with the commit, and the
        cookie carries the new one.

        Raises `Ended` after `log_out`; otherwise as `session_or_begin`.
        """
        session = self.session_or_begin()
        if self._resumed:
            session.renew_id()
        return session

    def log_out(self) -> None:
        """Ends the visitor's session, if there is one, and removes the cookie from the browser.

        Further calls on the session raise `Ended`. Raises `Finished`.
        """
        self._logged_out = True
        if self._session is not None:
            try:
                self._session.destroy()
            except Ended:
                pass

    def savepoint(self) -> Savepoint:
        """Takes a savepoint of the visit's transaction.

        `with visit.savepoint():` rolls back when the block raises, and releases the savepoint otherwise.

        Raises `Finished`.
        """
        return self._transaction.savepoint()

    def _resume(self, presented: str) -> Session | None:
        # The id may be anything. One that was not issued here, or whose session has ended, is nobody's: the visitor is
        # new, and never gets a session under it.
        try:
            return self._container.resume(self._transaction, presented)
        except (Ended, InvalidName):
            return None

    def _committed(self, set_cookie: str | None) -> None:
        self._is_committed = True
        self._set_cookie = set_cookie

    def _remaining(self) -> Remaining:
        """Reads the session, so that rollbacks are taken into account."""
        if self._session is None:
            return "end" if self._logged_out else "none"
        if self._session._is_destroyed():
            return "end"
        if not self._resumed and not self._session.packages():
            return "none"
        return "session"
