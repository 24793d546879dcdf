"""HTTP for edge functions: as much of `wasi:http` as an application with sessions needs."""

from .failures import error_response, log_error
from .headers import HeaderItems, Headers
from .problem import HttpError
from .request import Request, parse_json
from .response import Response
from .serving import ErrorHandler, Handler, serve

__all__ = [
    "ErrorHandler",
    "Handler",
    "HeaderItems",
    "Headers",
    "HttpError",
    "Request",
    "Response",
    "error_response",
    "log_error",
    "parse_json",
    "serve",
]
