"""What JSON can say, and where in a value something is wrong."""

from __future__ import annotations

import math
from typing import Any

# How deep lists and dicts may be nested in a value. Python reads and writes JSON by recursion, for which a component
# has little stack.
MAX_DEPTH = 100

Path = tuple[str | int, ...]
"""The way to a part of a value: keys of dicts, fields of dataclasses and positions in lists."""


class Unfit(Exception):
    """A part of a value does not fit."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"at {_shown(path)}: {problem}" if path else problem)
        self.path = path
        self.problem = problem


class NoJson(Unfit):
    """A part of a value has no representation in JSON."""


def kind_of(value: object) -> str:
    """Returns the name of a value's type, and nothing of the value."""
    return "None" if value is None else type(value).__name__


def below(path: Path, step: str | int) -> Path:
    """Returns the path of an element. Raises `NoJson` where it would be nested too deep."""
    if len(path) >= MAX_DEPTH:
        raise NoJson((), f"it is nested more than {MAX_DEPTH} levels deep, or contains itself")
    return (*path, step)


def plain(value: Any, path: Path = ()) -> Any:
    """Returns the value itself, of which `json` makes JSON. Raises `NoJson` for anything that JSON cannot say.

    It is not copied, because a component has little memory.
    """
    if isinstance(value, str):
        _check_text(value, path)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise NoJson(path, "the float is not finite")
    elif isinstance(value, dict):
        for key, element in value.items():
            if not isinstance(key, str):
                raise NoJson(path, f"the keys of a dict must be str, not {kind_of(key)}")
            _check_text(key, path)
            plain(element, below(path, key))
    elif isinstance(value, (list, tuple)):
        for index, element in enumerate(value):
            plain(element, below(path, index))
    elif value is not None and not isinstance(value, int):
        raise NoJson(path, f"the type {kind_of(value)} has no representation in JSON")
    return value


def _check_text(value: str, path: Path) -> None:
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise NoJson(path, "the str contains half of a surrogate pair")


def _shown(path: Path) -> str:
    """Returns a path as Python code after the name of the value would have it."""
    shown = ""
    for step in path:
        shown += f".{step}" if isinstance(step, str) and step.isidentifier() else f"[{step!r}]"
    return shown
