"""Packages, whose values have types."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, MutableMapping, ValuesView
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from . import _wit
from .calls import Scope, text
from .shapes import Shape
from .values import dump, load

if TYPE_CHECKING:
    from _typeshed import SupportsKeysAndGetItem

V = TypeVar("V")
D = TypeVar("D")

S64_MAX = 2**63 - 1


class Package(MutableMapping[str, V], Generic[V]):
    """A mapping of keys to values in one session. Keys have 1 to 1,024 bytes. Values are stored as JSON.

    A handle refers to its package by name: it stays usable after a rollback or a removal, and shows the current
    content. It is used as a `dict` is; `peek`, `peek_entries` and `add` cause fewer conflicts. Each call below that
    says so counts as a read of the whole package, and then conflicts with any change of others to it. `keys()`,
    `values()` and `items()` read the package each time they are iterated over, sorted by key.

    What JSON cannot say is not stored: `bytes`, sets, dates, NaN, objects and dicts with other keys than texts raise
    `NotSerializable` at the call. A tuple is stored as a list, and read as one unless the package has a type. Whole
    numbers of any size are stored exactly; other languages may read those beyond 2^53 with an error. Lists and dicts
    can be nested 100 levels deep.

    Each read makes a new value, and only setting it stores it: to change a list, a dict or a dataclass, set it again.

    Each call can raise `Ended` when the transaction destroyed the session, `Damaged` when the package cannot be read,
    and `Finished` or `Busy` when the transaction cannot be used. Calls with a key raise `InvalidName` when it is empty
    or too long. Calls that read a value raise `WrongType` when it does not have the type of the package. A call that
    raises has changed nothing.
    """

    def __init__(self, handle: _wit.Package, scope: Scope, shape: Shape) -> None:
        self._handle = handle
        self._scope = scope
        self._shape = shape
        self._name = handle.name()

    @property
    def name(self) -> str:
        """The package's name."""
        return self._name

    def __getitem__(self, key: str) -> V:
        json = self.get_json(key)
        if json is None:
            raise KeyError(key)
        return self._load(key, json)

    def __setitem__(self, key: str, value: V) -> None:
        key = text(key, "a key")
        self._scope.call(self._handle.set, key, dump(value, self._shape, self._name, key))

    def __delitem__(self, key: str) -> None:
        if not self.remove(key):
            raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return self._scope.call(self._handle.contains, text(key, "a key"))

    def __iter__(self) -> Iterator[str]:
        """Returns all keys, sorted. The call counts as a read of the whole package."""
        return iter(self._scope.call(self._handle.keys))

    def __len__(self) -> int:
        """Returns the number of keys. The call counts as a read of the whole package."""
        return self._scope.call(self._handle.len)

    def __repr__(self) -> str:
        # Without the values, which are secrets.
        return f"<Package {self._name!r}>"

    def items(self) -> ItemsView[str, V]:
        """Returns a view of all keys with their values. To iterate counts as a read of the whole package."""
        return _Items(self)

    def values(self) -> ValuesView[V]:
        """Returns a view of all values. To iterate counts as a read of the whole package."""
        return _Values(self)

    def entries(self) -> dict[str, V]:
        """Returns all keys with their values. The call counts as a read of the whole package."""
        return self._load_all(self._scope.call(self._handle.entries))

    @overload
    def peek(self, key: str) -> V | None: ...

    @overload
    def peek(self, key: str, default: V | D) -> V | D: ...

    def peek(self, key: str, default: Any = None) -> Any:
        """Returns the same as `get`, but does not count as a read.

        The commit does not check the key, and other transactions may have changed it when this one commits. Use it for
        values that are only displayed.

        If the same transaction writes the key after the peek (also with `add`, `clear` or `Session.remove_package`),
        the key counts as read, so that no update is lost. Do not let a peeked value decide what is written to another
        key, or whether it is written: use `get` for that.
        """
        json = self.peek_json(key)
        return default if json is None else self._load(key, json)

    def peek_entries(self) -> dict[str, V]:
        """Returns the same as `entries`, for display: as a `peek` at every key, present or absent."""
        return self._load_all(self._scope.call(self._handle.peek_entries))

    def add(self, key: str, number: int = 1) -> None:
        """Adds a number to the counter under a key.

        A counter is a whole number from -(2^53 - 1) to 2^53 - 1, stored without a fraction or an exponent. An absent
        key counts as 0. Afterwards the key holds the sum, even if it is 0.

        The call does not count as a read. It merges with the changes of other transactions to the key: the commit adds
        to the number that is stored then. The key conflicts if it holds no counter then, or if the sum would be out of
        range. The call returns no sum, because that would be a read. Use `peek` after it to display the sum, and `get`
        to depend on it.

        Raises `NotACounter` when the key holds no counter, or the sum would be out of range. This counts as a read of
        the key.
        """
        if type(number) is not int:
            raise TypeError(f"the number to add must be an int, not {type(number).__name__}")
        # Beyond these limits, every sum is out of range.
        fitting = max(-S64_MAX, min(number, S64_MAX))
        self._scope.call(self._handle.add, text(key, "a key"), fitting)

    def remove(self, key: str) -> bool:
        """Removes a key. Returns whether it was there. The call counts as a read of the key."""
        return self._scope.call(self._handle.remove, text(key, "a key"))

    def clear(self) -> None:
        """Removes every key."""
        self._scope.call(self._handle.clear)

    @overload
    def update(self, entries: SupportsKeysAndGetItem[str, V], /, **named: V) -> None: ...

    @overload
    def update(self, entries: Iterable[tuple[str, V]], /, **named: V) -> None: ...

    @overload
    def update(self, /, **named: V) -> None: ...

    def update(self, entries: Any = (), /, **named: V) -> None:
        """Stores several values, or none if one of them cannot be stored.

        If a key occurs more than once, its last value is stored. Raises `NotSerializable` as setting one value does.
        """
        written = [
            (text(key, "a key"), dump(value, self._shape, self._name, key))
            for key, value in dict(entries, **named).items()
        ]
        self._scope.call(self._handle.update, written)

    def get_json(self, key: str) -> str | None:
        """Returns the JSON text under a key as it was set, or `None` if the key is absent."""
        return self._scope.call(self._handle.get, text(key, "a key"))

    def peek_json(self, key: str) -> str | None:
        """Returns the JSON text under a key, as `peek` does."""
        return self._scope.call(self._handle.peek, text(key, "a key"))

    def set_json(self, key: str, json: str) -> None:
        """Stores a JSON text under a key, without the white space around it.

        The type of the package is not checked. Raises `InvalidJson` when the text is not JSON.
        """
        self._scope.call(self._handle.set, text(key, "a key"), text(json, "a JSON text"))

    def _load(self, key: str, json: str) -> V:
        value: V = load(json, self._shape, self._name, key)
        return value

    def _load_all(self, entries: list[tuple[str, str]]) -> dict[str, V]:
        return {key: self._load(key, json) for key, json in entries}


class _Items(ItemsView[str, V]):
    """All keys with their values, read in one call."""

    def __init__(self, package: Package[V]) -> None:
        super().__init__(package)
        self._package = package

    def __iter__(self) -> Iterator[tuple[str, V]]:
        return iter(self._package.entries().items())


class _Values(ValuesView[V]):
    """All values, read in one call."""

    def __init__(self, package: Package[V]) -> None:
        super().__init__(package)
        self._package = package

    def __iter__(self) -> Iterator[V]:
        return iter(self._package.entries().values())

    def __contains__(self, value: object) -> bool:
        return any(value is held or value == held for held in self)
