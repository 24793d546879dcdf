"""Requests that are refused."""

from __future__ import annotations

from .headers import HeaderItems, Headers
from .response import checked_status


class HttpError(Exception):
    """A response that is an error: `raise HttpError(404, "there is nothing here")`.

    In a visit, nothing is stored then. The text is for the client. Raises `ValueError` unless the status is from 200 to
    599.
    """

    def __init__(self, status: int, text: str, headers: HeaderItems = ()) -> None:
        super().__init__(text)
        self.status = checked_status(status)
        self.text = text
        self.headers = Headers(headers)
