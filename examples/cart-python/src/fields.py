"""What a body says: named values, read in the same way from a form and from JSON."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from lovely_session.http import HttpError, Request, parse_json

FORM = "application/x-www-form-urlencoded"

BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass
class Fields:
    """The named values of a body."""

    members: dict[str, Any]
    is_form: bool

    def text(self, name: str) -> str | None:
        """A text; none if it is missing or something else, such as half of a character, which JSON can write."""
        value = self.members.get(name)
        return value if isinstance(value, str) and not SURROGATE.search(value) else None

    def whole_number(self, name: str) -> int | None:
        """A whole number; none if it is missing or something else. In JSON, neither `"2"` nor `2.0` is one."""
        value = self.members.get(name)
        if self.is_form:
            return int(value) if value and re.fullmatch("[0-9]{1,9}", value) else None
        return value if type(value) is int else None


def read_fields(request: Request) -> Fields:
    """Reads the body, as a form or as JSON. A body without a type is taken for JSON."""
    if is_form(request):
        return _form(request.body)
    if _media_type(request) in (None, "application/json"):
        return _json(request.body)
    raise HttpError(415, "send JSON, with the content type application/json")


def is_form(request: Request) -> bool:
    """Whether the page's forms sent it, rather than a client that speaks JSON."""
    return _media_type(request) == FORM


def percent_decode(text: str) -> str:
    """Decodes `%41` to `A`; a `ValueError` if an escape is broken or the result is not UTF-8."""
    if BROKEN_ESCAPE.search(text):
        raise ValueError("a broken escape")
    return unquote(text, errors="strict")


def _media_type(request: Request) -> str | None:
    content_type = request.headers.get("content-type")
    return None if content_type is None else content_type.partition(";")[0].strip().lower()


def _form(body: bytes) -> Fields:
    try:
        pairs = (pair.partition("=") for pair in body.decode().replace("+", " ").split("&") if pair)
        return Fields({percent_decode(name): percent_decode(value) for name, _, value in pairs}, is_form=True)
    except ValueError as error:
        raise HttpError(400, "the form is not encoded as forms are") from error


def _json(body: bytes) -> Fields:
    try:
        members = parse_json(body)
        if not isinstance(members, dict):
            raise ValueError("no object")
    except ValueError as error:
        raise HttpError(400, "the body must be a JSON object") from error
    return Fields(members, is_form=False)
