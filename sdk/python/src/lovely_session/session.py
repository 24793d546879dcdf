"""Sessions."""

from __future__ import annotations

from typing import Any, TypeVar, overload

from . import _wit
from .calls import DAY, Scope, check_option, text
from .errors import Ended
from .package import Package
from .shapes import shape_of

V = TypeVar("V")


class Session:
    """A session in one transaction.

    Every method can raise `Finished` or `Busy` when the transaction cannot be used.
    """

    def __init__(self, handle: _wit.Session, scope: Scope) -> None:
        self._handle = handle
        self._scope = scope

    @property
    def id(self) -> str:
        """The session's id, also when the transaction is finished. It is a secret: it gives access to the session."""
        return self._handle.id()

    def is_new(self) -> bool:
        """Returns whether the session was not in the store when it joined. The call counts as a read."""
        return self._scope.call(self._handle.is_new)

    def last_accessed(self) -> int:
        """Returns when the session was last used before this transaction, in seconds since the Unix epoch.

        The error is about one second. For a new session, returns when it began.
        """
        return self._scope.call(self._handle.last_accessed)

    @overload
    def package(self, name: str) -> Package[Any]: ...

    @overload
    def package(self, name: str, values: type[V]) -> Package[V]: ...

    @overload
    def package(self, name: str, values: object) -> Package[Any]: ...

    def package(self, name: str, values: object = Any) -> Package[Any]:
        """Returns the package of this name. Every package exists: one in which nothing is stored is empty.

        `values` is the type of the values. It is built of `None`, `bool`, `int`, `float`, `str`, `list[T]`,
        `tuple[T, ...]`, `dict[str, T]`, unions, `Literal`, `TypedDict` and dataclasses. A value of another type is an
        error when it is read or set. Without `values`, a value is what Python's `json` makes of it.

        Type checkers take the type from `values` if it is a class, such as `int`, `list[str]` or a dataclass. For
        others, such as unions, annotate the variable:

        >>> names: Package[str | None] = session.package("names", str | None)

        Raises `InvalidName` unless the name has 1 to 1,024 bytes; `Ended` when this transaction destroyed the session;
        `Damaged` when the package cannot be read; `Misuse` for a type that `values` cannot be.
        """
        shape = shape_of(values)
        handle = self._scope.call(self._handle.package, text(name, "the name of a package"))
        return Package(handle, self._scope, shape)

    def packages(self) -> list[str]:
        """Returns the names of the packages that hold at least one key, sorted. Counts as a read of these names.

        Raises `Ended` when this transaction destroyed the session; `Damaged` when a package that it changed cannot be
        read.
        """
        return self._scope.call(self._handle.packages)

    def remove_package(self, name: str) -> bool:
        """Removes a package with all its keys. Returns whether it held any. The call counts as a read of the package.

        Raises as `package` does.
        """
        return self._scope.call(self._handle.remove_package, text(name, "the name of a package"))

    def destroy(self) -> None:
        """Ends the session.

        After the commit no id finds it, even if another transaction renews its id at the same time, and no transaction
        that loaded it before can write it back. In this transaction its data is removed at once: further calls raise
        `Ended`. If its record vanished meanwhile, the commit raises `Gone`.

        Raises `Ended` when this transaction destroyed it already.
        """
        self._scope.call(self._handle.destroy)

    def renew_id(self, grace: int | None = None) -> str:
        """Moves the session to a fresh random id of 192 bits, and returns the new id.

        The move is atomic: at any time, one of the two ids finds the session. With the commit the old id ends.

        Renew the id without a grace whenever the rights of a visitor change, above all at login: somebody else may
        know the old id, or may have planted it. `grace` is for renewals at regular times: for this number of seconds
        after the commit, requests in progress still find the session under the old id. Never use it when rights
        change.

        Raises `InvalidOption` when the grace exceeds 86,400; `Ended` when this transaction destroyed the session.
        """
        check_option("grace", grace, DAY)
        return self._scope.call(self._handle.renew_id, grace)

    def _is_destroyed(self) -> bool:
        """Returns whether this transaction destroyed the session. Does not count as a read."""
        try:
            # Every package exists in a live session.
            self._scope.call(self._handle.package, "any")
        except Ended:
            return True
        return False
