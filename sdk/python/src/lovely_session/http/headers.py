"""Headers of requests and responses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")

HeaderItems = Mapping[str, str] | Iterable[tuple[str, str]]
"""Names with values: a mapping, or pairs where a name occurs more than once."""


class Headers:
    """Headers, whose names are compared without regard to case. A name can have several values.

    Values are texts of the characters U+0000 to U+00FF, one for each byte (Latin-1), as in other Python interfaces to
    HTTP. A name or a value that HTTP does not allow, such as one with a line break, raises `ValueError`.
    """

    def __init__(self, items: HeaderItems | Headers = ()) -> None:
        if isinstance(items, (Mapping, Headers)):
            # A type checker also thinks of a mapping whose keys are pairs.
            pairs = cast("Iterable[tuple[str, str]]", items.items())
        else:
            pairs = items
        self._pairs = [_checked(name, value) for name, value in pairs]

    def get(self, name: str, default: str | None = None) -> str | None:
        """Returns the first value of a header."""
        return next(iter(self.get_all(name)), default)

    def get_all(self, name: str) -> list[str]:
        """Returns all values of a header, in their order."""
        name = name.lower()
        return [value for held, value in self._pairs if held == name]

    def items(self) -> list[tuple[str, str]]:
        """Returns all headers in their order, with names in lower case."""
        return list(self._pairs)

    def adding(self, name: str, value: str) -> Headers:
        """Returns these headers with another one."""
        return Headers([*self._pairs, (name, value)])

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and any(held == name.lower() for held, _ in self._pairs)

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self._pairs))

    def __len__(self) -> int:
        return len(self._pairs)

    def __repr__(self) -> str:
        # Without the values: cookies are secrets.
        return f"Headers of {', '.join(self)}"


def _checked(name: str, value: str) -> tuple[str, str]:
    if not _NAME.fullmatch(name):
        raise ValueError("the name of a header must consist of letters, digits, and marks such as -")
    if not _VALUE.fullmatch(value):
        raise ValueError(f"the value of the header {name.lower()} must be Latin-1 without line breaks")
    return name.lower(), value
