"""The types that values can have: how a type reads what JSON says, and writes it."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from typing import Annotated, Any, Literal, Protocol, Union

from .errors import Misuse
from .plain import NoJson, Path, Unfit, below, kind_of, plain


class Shape(Protocol):
    """A type of values."""

    def read(self, value: Any, path: Path) -> Any:
        """Returns a value of this type from what `json` has read. Raises `Unfit`."""

    def write(self, value: Any, path: Path) -> Any:
        """Returns what JSON can say from a value of this type. Raises `Unfit`."""


def shape_of(values: Any) -> Shape:
    """Returns the shape of a type. Raises `Misuse` for a type that values cannot have."""
    if values in (Any, object):
        return _Anything()
    if values in (None, type(None)):
        return _Scalar(type(None))
    if values in (bool, int, str):
        return _Scalar(values)
    if values is float:
        return _Float()
    if isinstance(values, type) and (_is_typed_dict(values) or dataclasses.is_dataclass(values)):
        return _record(values)
    # NewType, Annotated[T, ...] and `type T = ...` are T.
    if hasattr(values, "__supertype__"):
        return shape_of(values.__supertype__)
    if hasattr(values, "__metadata__"):
        return shape_of(values.__origin__)
    if hasattr(values, "__value__"):
        return _Alias(values)
    return _compound(values, typing.get_origin(values) or values, typing.get_args(values))


def _compound(values: Any, origin: Any, arguments: tuple[Any, ...]) -> Shape:
    if origin is list:
        return _Elements(list, shape_of(*arguments or (Any,)))
    if origin is tuple and (not arguments or arguments[1:] == (...,)):
        return _Elements(tuple, shape_of(arguments[0] if arguments else Any))
    if origin is tuple:
        return _Tuple([shape_of(argument) for argument in arguments])
    if origin is dict and (not arguments or arguments[0] is str):
        return _Dict(shape_of(arguments[1] if arguments else Any))
    if origin in (Union, types.UnionType):
        # A float would also take the numbers of an int.
        return _Union(sorted(map(shape_of, arguments), key=lambda member: isinstance(member, _Float)))
    if origin is Literal and all(type(value) in (bool, int, str, type(None)) for value in arguments):
        return _Literal(arguments)
    raise Misuse(f"values cannot have the type {values!r}: use the types of JSON, TypedDict and dataclasses")


def _expect(kinds: type | tuple[type, ...], value: object, path: Path) -> None:
    if not isinstance(value, kinds):
        name = kinds.__name__ if isinstance(kinds, type) else kinds[0].__name__
        raise Unfit(path, f"expected {name}, found {kind_of(value)}")


class _Anything:
    """Any JSON."""

    def read(self, value: Any, path: Path) -> Any:
        return value

    def write(self, value: Any, path: Path) -> Any:
        return plain(value, path)


class _Scalar:
    """Values of one type. A `bool` is no `int`."""

    def __init__(self, kind: type) -> None:
        self._kind = kind

    def read(self, value: Any, path: Path) -> Any:
        if type(value) is not self._kind:
            name = "None" if self._kind is type(None) else self._kind.__name__
            raise Unfit(path, f"expected {name}, found {kind_of(value)}")
        return value

    def write(self, value: Any, path: Path) -> Any:
        # An enum of str or int is written as the str or int that it is.
        is_enum = isinstance(value, self._kind) and not isinstance(value, bool)
        return plain(value if is_enum else self.read(value, path), path)


class _Float:
    """Numbers. JSON does not tell 2.0 from 2, so an `int` is read as a `float`."""

    def read(self, value: Any, path: Path) -> float:
        try:
            if type(value) in (int, float):
                return float(value)
        except OverflowError:
            pass
        raise Unfit(path, f"expected float, found {kind_of(value)}")

    def write(self, value: Any, path: Path) -> Any:
        return plain(value if isinstance(value, float) else self.read(value, path), path)


class _Elements:
    """A list of values of one type, or a tuple of any length, which JSON says as a list."""

    def __init__(self, kind: type[list[Any]] | type[tuple[Any, ...]], element: Shape) -> None:
        self._kind = kind
        self._element = element

    def read(self, value: Any, path: Path) -> Any:
        _expect(list, value, path)
        return self._kind(self._element.read(part, below(path, index)) for index, part in enumerate(value))

    def write(self, value: Any, path: Path) -> Any:
        _expect(self._kind, value, path)
        return [self._element.write(part, below(path, index)) for index, part in enumerate(value)]


class _Tuple:
    """A tuple with a type for each place, which JSON says as a list."""

    def __init__(self, elements: list[Shape]) -> None:
        self._elements = elements

    def read(self, value: Any, path: Path) -> Any:
        _expect(list, value, path)
        return tuple(shape.read(part, below(path, index)) for index, shape, part in self._parts(value, path))

    def write(self, value: Any, path: Path) -> Any:
        _expect(tuple, value, path)
        return [shape.write(part, below(path, index)) for index, shape, part in self._parts(value, path)]

    def _parts(self, value: Any, path: Path) -> list[tuple[int, Shape, Any]]:
        if len(value) != len(self._elements):
            raise Unfit(path, f"expected {len(self._elements)} elements, found {len(value)}")
        return [(index, shape, part) for index, (shape, part) in enumerate(zip(self._elements, value))]


class _Dict:
    """A dict whose keys are texts."""

    def __init__(self, element: Shape) -> None:
        self._element = element

    def read(self, value: Any, path: Path) -> Any:
        _expect(dict, value, path)
        return {key: self._element.read(part, below(path, key)) for key, part in value.items()}

    def write(self, value: Any, path: Path) -> Any:
        _expect(dict, value, path)
        # First, so that a key that is no text is told as such.
        keys = plain(dict.fromkeys(value), path)
        return {key: self._element.write(value[key], below(path, key)) for key in keys}


class _Union:
    """The first of several types that fits."""

    def __init__(self, members: list[Shape]) -> None:
        self._members = members

    def read(self, value: Any, path: Path) -> Any:
        return self._first("read", value, path)

    def write(self, value: Any, path: Path) -> Any:
        return self._first("write", value, path)

    def _first(self, what: Literal["read", "write"], value: Any, path: Path) -> Any:
        problems: list[Unfit] = []
        for member in self._members:
            try:
                return getattr(member, what)(value, path)
            except NoJson:
                raise
            except Unfit as problem:
                problems.append(problem)
        # The types that fit the longest are those that were meant.
        place = max((problem.path for problem in problems), key=len)
        texts = dict.fromkeys(problem.problem for problem in problems if problem.path == place)
        raise Unfit(place, "; or ".join(texts))


class _Literal:
    """One of several values."""

    def __init__(self, values: tuple[Any, ...]) -> None:
        self._values = values

    def read(self, value: Any, path: Path) -> Any:
        if not any(type(value) is type(allowed) and value == allowed for allowed in self._values):
            raise Unfit(path, f"expected one of {', '.join(map(repr, self._values))}, found another {kind_of(value)}")
        return value

    def write(self, value: Any, path: Path) -> Any:
        return plain(self.read(value, path), path)


class _Alias:
    """What `type T = ...` names. Looked up when used: it can contain itself."""

    def __init__(self, alias: Any) -> None:
        self._alias = alias

    def read(self, value: Any, path: Path) -> Any:
        return self._shape.read(value, path)

    def write(self, value: Any, path: Path) -> Any:
        return self._shape.write(value, path)

    @functools.cached_property
    def _shape(self) -> Shape:
        return shape_of(self._alias.__value__)


class _Record:
    """A TypedDict or a dataclass: an object of JSON. Keys that it does not have are left out when it is read."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind
        self._is_dataclass = dataclasses.is_dataclass(kind)

    def read(self, value: Any, path: Path) -> Any:
        _expect(dict, value, path)
        fields = self._each("read", value, path)
        try:
            return self._kind(**fields)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            # Without the text, which can have values. A `KeyError` would look as if there were no value.
            problem = f"{self._kind.__name__} raises {type(error).__name__}"
        raise Unfit(path, problem)

    def write(self, value: Any, path: Path) -> Any:
        if self._is_dataclass:
            _expect(self._kind, value, path)
            value = {name: getattr(value, name) for name in _arguments(value)}
        _expect(dict, value, path)
        if unknown := [key for key in value if key not in self._fields]:
            raise Unfit(path, f"{self._kind.__name__} has no {unknown[0]!r}")
        return self._each("write", value, path)

    def _each(self, what: Literal["read", "write"], value: Any, path: Path) -> dict[str, Any]:
        for name, (_, required) in self._fields.items():
            if required and name not in value:
                raise Unfit(path, f"{name!r} is missing")
        return {
            name: getattr(shape, what)(value[name], below(path, name))
            for name, (shape, _) in self._fields.items()
            if name in value
        }

    @functools.cached_property
    def _fields(self) -> dict[str, tuple[Shape, bool]]:
        """The shapes of the fields, and whether they are required. Made when used: a type can contain itself."""
        try:
            hints = typing.get_type_hints(self._kind, include_extras=True)
        except (NameError, TypeError) as error:
            name = self._kind.__name__
            raise Misuse(f"the type {name} has an annotation that cannot be evaluated: {error}") from None
        if not self._is_dataclass:
            required = self._kind.__required_keys__
            return {name: _typed_dict_field(hint, name in required) for name, hint in hints.items()}
        if refused := [name for name, hint in hints.items() if isinstance(hint, dataclasses.InitVar)]:
            raise Misuse(f"{self._kind.__name__} cannot be read again: {refused[0]} is an InitVar, which is not stored")
        return {
            name: (shape_of(hints[name]), _is_required(field)) for name, field in _arguments(self._kind).items()
        }


# One for each class, and not for each type: `A | B` equals `B | A`, but what is read first is another.
_record = functools.lru_cache(maxsize=None)(_Record)


def _is_typed_dict(kind: type) -> bool:
    """Returns whether it is a TypedDict, also one of `typing_extensions`."""
    return issubclass(kind, dict) and hasattr(kind, "__required_keys__")


def _typed_dict_field(hint: Any, required: bool) -> tuple[Shape, bool]:
    """Returns the shape of a key, and whether it is required."""
    origin = typing.get_origin(hint)
    wrapper = "Annotated" if origin is Annotated else getattr(origin, "_name", None)
    if wrapper not in ("Annotated", "Required", "NotRequired", "ReadOnly"):
        return shape_of(hint), required
    # With postponed annotations, Python puts a NotRequired among the required keys.
    required = wrapper == "Required" or (required and wrapper != "NotRequired")
    return _typed_dict_field(typing.get_args(hint)[0], required)


def _arguments(dataclass: Any) -> dict[str, dataclasses.Field[Any]]:
    """Returns the fields of a dataclass that it is made of."""
    return {field.name: field for field in dataclasses.fields(dataclass) if field.init}


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
