"""Containers."""

from __future__ import annotations

from collections.abc import Iterable

from . import _wit
from .calls import DAY, U32_MAX, Scope, check_option, text
from .session import Session
from .transaction import Transaction

TEN_YEARS = 315_360_000


class Container:
    """A named family of sessions with common options.

    A container holds no data: containers of the same name give access to the same sessions, in every instance and on
    every host that uses the same store. Open containers of the same name with the same options everywhere.
    """

    def __init__(
        self,
        name: str,
        *,
        timeout: int | None = None,
        resolution: int | None = None,
        max_size: int | None = None,
        remember_ended: int | None = None,
    ) -> None:
        """Opens a container. Sends nothing to the store.

        `timeout` is the number of seconds without activity after which a session ends; 0 means never. At most
        315,360,000 (ten years); 3,600 by default. Reading is activity.

        `resolution` is for stores that cannot slide an expiry: the number of seconds after which a read writes the
        record again, to keep the session alive. Values over half the timeout act as half the timeout; 300 by default.

        `max_size` is the maximum size of a session's record, in bytes; 1,000,000 by default.

        `remember_ended` is the number of seconds for which a destroyed session is remembered, so that requests in
        progress raise `Ended` instead of beginning it again. 1 to 86,400; 60 by default. It should exceed the duration
        of the longest request.

        Raises `InvalidName` unless the name has 1 to 60 bytes, and `InvalidOption` when an option is out of its range.
        """
        checked = checked_options(timeout, resolution, max_size, remember_ended)
        options = _wit.ContainerOptions(*checked)
        self._handle = Scope().call(_wit.Container.open, text(name, "the name of a container"), options)

    def session(self, transaction: Transaction, session_id: str) -> Session:
        """Returns the session with this id, and begins an empty one if there is none.

        Use it only for ids that the application trusts; for ids that come from a client, use `resume`. The first call
        for an id loads the session, in one round trip to the store. Later calls in the same transaction return the
        same session, also for another of its ids. If the timeout passes between two calls, the second one returns an
        empty session.

        If two transactions begin the same session, both may commit, and their keys are merged. A transaction that
        checked before whether the session exists (`Session.is_new`, `resume`) conflicts instead.

        Raises `Ended` while a destroyed session is remembered; `InvalidName` unless the id has 1 to 1,024 bytes;
        `TooManySessions`; `Damaged` or `UnknownFormat` when the record cannot be read; `Unavailable`, `Unsupported`,
        `Denied` or `StoreFailed` when the store fails; `Finished` or `Busy` when the transaction cannot be used.
        """
        scope = transaction._scope
        session_id = text(session_id, "a session id")
        return Session(scope.call(self._handle.session, transaction._handle, session_id), scope)

    def session_many(self, transaction: Transaction, session_ids: Iterable[str]) -> list[Session]:
        """Returns the sessions with these ids, in the same order, as `session` does.

        Loads them in one round trip to the store. If one id fails, the call fails. Raises as `session` does.
        """
        ids = [text(session_id, "a session id") for session_id in session_ids]
        scope = transaction._scope
        return [Session(handle, scope) for handle in scope.call(self._handle.session_many, transaction._handle, ids)]

    def resume(self, transaction: Transaction, session_id: str) -> Session | None:
        """Returns the session with this id, or `None` when it is absent, expired or evicted.

        Never begins a session: use it for ids that come from a client. Once it has returned `None`, it does so for the
        rest of the transaction, unless the transaction itself begins the session with `session`. If it does, and
        another transaction began the session meanwhile, the commit conflicts.

        Raises as `session` does.
        """
        scope = transaction._scope
        handle = scope.call(self._handle.resume, transaction._handle, text(session_id, "a session id"))
        return None if handle is None else Session(handle, scope)

    def create(self, transaction: Transaction) -> Session:
        """Begins a session with a fresh random id of 192 bits, which is safe to give to a client.

        Sends nothing to the store before the commit; if nothing is set, nothing is stored.

        Raises `TooManySessions`; `Finished` or `Busy` when the transaction cannot be used.
        """
        scope = transaction._scope
        return Session(scope.call(self._handle.create, transaction._handle), scope)

    def joined(self, transaction: Transaction) -> list[str]:
        """Returns the ids of this container's sessions that have joined the transaction, in the order they joined.

        Raises `Finished` or `Busy` when the transaction cannot be used.
        """
        return transaction._scope.call(self._handle.joined, transaction._handle)


def checked_options(
    timeout: int | None, resolution: int | None, max_size: int | None, remember_ended: int | None
) -> tuple[int | None, int | None, int | None, int | None]:
    """Returns the options, which fit the interface. The component checks most of their ranges.

    Raises `TypeError` for what is no whole number, and `InvalidOption` for a number below 0 or over 32 bits.
    """
    check_option("timeout", timeout, TEN_YEARS)
    check_option("resolution", resolution, TEN_YEARS)
    check_option("max-size", max_size, U32_MAX)
    check_option("remember-ended", remember_ended, DAY)
    return timeout, resolution, max_size, remember_ended
