"""A request, read from WASI HTTP."""

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import unquote

from componentize_py_types import Err
from wit_world.imports.streams import InputStream, StreamError_Closed
from wit_world.imports.types import IncomingRequest, Method_Delete, Method_Get, Method_Head, Method_Post

from refusal import Refusal

# The most bytes that a body may have: far more than any form here needs.
MAX_BODY = 64 * 1024

# How much of a body is read at a time, in bytes.
CHUNK = 8 * 1024

FORM = "application/x-www-form-urlencoded"

# The most brackets that JSON may open. Python reads nested JSON by recursion, for which a component has little stack.
MAX_BRACKETS = 500

BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass
class Fields:
    """What a body says: named values, read in the same way from a form and from JSON."""

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
            return int(value) if re.fullmatch("[0-9]{1,9}", value or "") else None
        return value if type(value) is int else None


class Request:
    """One request."""

    def __init__(self, incoming: IncomingRequest) -> None:
        self._incoming = incoming
        self._headers = incoming.headers()

    @property
    def method(self) -> str | None:
        """The method, none if nothing here knows it. `HEAD` is read as `GET`: the server leaves out the body."""
        match self._incoming.method():
            case Method_Get() | Method_Head():
                return "GET"
            case Method_Post():
                return "POST"
            case Method_Delete():
                return "DELETE"
            case _:
                return None

    @property
    def path(self) -> str:
        """The path, still percent-encoded, without the query."""
        return (self._incoming.path_with_query() or "").partition("?")[0]

    @property
    def session_id(self) -> str | None:
        """What the visitor's cookie says. It may be anything: the session's id, or a lie."""
        cookies = (cookie.strip() for header in self._values("cookie") for cookie in header.split(";"))
        return next((cookie.removeprefix("sid=") for cookie in cookies if cookie.startswith("sid=")), None)

    @property
    def is_form(self) -> bool:
        """Whether the page's forms sent it, rather than a client that speaks JSON."""
        return self._media_type == FORM

    @property
    def is_cross_site(self) -> bool:
        """Whether a browser says that another site had it sent."""
        return "cross-site" in self._values("sec-fetch-site")

    def fields(self) -> Fields:
        """Reads the body, as a form or as JSON. A body without a type is taken for JSON."""
        if self.is_form:
            return _form(self._body())
        if self._media_type in (None, "application/json"):
            return _json(self._body())
        raise Refusal(415, "send JSON, with the content type application/json")

    def _body(self) -> bytes:
        body = bytearray()
        try:
            with self._incoming.consume() as incoming, incoming.stream() as stream:
                while chunk := _read(stream):
                    body += chunk
                    if len(body) > MAX_BODY:
                        raise Refusal(413, "the body is over 64 KiB")
        except Err as error:
            raise Refusal(400, "the body did not arrive in full") from error
        return bytes(body)

    @property
    def _media_type(self) -> str | None:
        for content_type in self._values("content-type"):
            return content_type.partition(";")[0].strip().lower()
        return None

    def _values(self, name: str) -> list[str]:
        return [value.decode(errors="replace") for value in self._headers.get(name)]


def percent_decode(text: str) -> str:
    """Decodes `%41` to `A`; a `ValueError` if an escape is broken or the result is not UTF-8."""
    if BROKEN_ESCAPE.search(text):
        raise ValueError("a broken escape")
    return unquote(text, errors="strict")


def _read(stream: InputStream) -> bytes | None:
    """The next part of a body; none at its end."""
    try:
        return stream.blocking_read(CHUNK)
    except Err as error:
        if isinstance(error.value, StreamError_Closed):
            return None
        raise


def _form(body: bytes) -> Fields:
    try:
        pairs = (pair.partition("=") for pair in body.decode().replace("+", " ").split("&") if pair)
        return Fields({percent_decode(name): percent_decode(value) for name, _, value in pairs}, is_form=True)
    except ValueError as error:
        raise Refusal(400, "the form is not encoded as forms are") from error


def _json(body: bytes) -> Fields:
    try:
        if body.count(b"[") + body.count(b"{") > MAX_BRACKETS:
            raise ValueError("too many brackets")
        members = json.loads(body.decode(), parse_constant=_refuse_constant)
        if not isinstance(members, dict):
            raise ValueError("no object")
    except ValueError as error:
        raise Refusal(400, "the body must be a JSON object") from error
    return Fields(members, is_form=False)


def _refuse_constant(name: str) -> NoReturn:
    """Python reads `NaN` and the like, which are no JSON."""
    raise ValueError(name)
