"""Conversion of values to JSON texts and back."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from .errors import NotSerializable, ValueProblem, WrongType, WrongTypeWritten
from .plain import MAX_DEPTH, NoJson, Unfit
from .shapes import Shape

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def dump(value: Any, shape: Shape, package: str, key: str) -> str:
    """Returns the JSON text of a value. Raises `NotSerializable` or `WrongTypeWritten`."""
    kind: type[ValueProblem]
    try:
        written = shape.write(value, ())
        return json.dumps(written, ensure_ascii=False, separators=(",", ":"))
    except Unfit as problem:
        kind = NotSerializable if isinstance(problem, NoJson) else WrongTypeWritten
        reason = str(problem)
    except (ValueError, RecursionError):
        # Python refuses to convert numbers of thousands of digits.
        kind, reason = NotSerializable, "a number has too many digits"
    # Outside of the handler, so that the cause of the exception is what it says itself.
    raise kind(package, key, reason)


def load(text: str, shape: Shape, package: str, key: str) -> Any:
    """Returns the value of a JSON text. Raises `WrongType`."""
    try:
        return shape.read(parse(text), ())
    except (Unfit, ValueError) as problem:
        reason = str(problem)
    raise WrongType(package, key, reason)


def parse(text: str) -> Any:
    """Returns what a JSON text says. Raises `ValueError` if it is none, or nested too deep for a component's stack."""
    if depth(text) > MAX_DEPTH:
        raise ValueError(f"it is nested more than {MAX_DEPTH} levels deep")
    return json.loads(text, parse_constant=_refuse, parse_float=_finite)


def depth(text: str) -> int:
    """Returns how deep lists and objects are nested in a JSON text, or an upper bound when that is not too deep."""
    brackets = text.count("[") + text.count("{")
    if brackets <= MAX_DEPTH:
        return brackets
    deepest = current = 0
    for character in _STRING.sub("", text):
        if character in "[{":
            current += 1
            deepest = max(deepest, current)
        elif character in "]}":
            current -= 1
    return deepest


def _finite(number: str) -> float:
    """Python reads `1e999` as infinity, which could not be stored again."""
    value = float(number)
    if math.isinf(value):
        raise ValueError("a number is too large for a float")
    return value


def _refuse(name: str) -> Any:
    """Python reads `NaN` and the like, which are not JSON."""
    raise ValueError(f"{name} is not JSON")
