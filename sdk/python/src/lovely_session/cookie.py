"""The cookie that carries a session's id."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Literal

from .errors import InvalidCookie, quoted

SameSite = Literal["strict", "lax", "none"]
"""Whether a browser sends a cookie with requests that other sites cause.

`strict`: never, so that a visitor who follows a link from another site arrives without it. `lax`: only when the visitor
follows a link. `none`: always, so that the application needs another protection against forged requests.
"""

CookieHeaders = Iterable[str | bytes] | str | bytes
"""The values of the `Cookie` headers of a request: all of them, or the only one."""

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_PATH = re.compile(r"/[ -:<-~]*")
_PREFIX = re.compile(r"__(host|secure|http|host-http)-", re.IGNORECASE)
# What RFC 6265 allows in the value of a cookie, in the length of a session id.
_ID = re.compile(rb"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{1,1024}")
_WHITE_SPACE = b" \t\n\x0c\r"


@dataclass(frozen=True)
class Cookie:
    """The cookie that carries a session's id: its name and its attributes.

    The cookie is always `HttpOnly`, so that scripts cannot read it, and never has a `Domain`, so that browsers send it
    to one host only. By default it is `Secure`, `SameSite=Lax`, sent to all paths, and removed when the browser is
    closed, and its name begins with `__Host-`: browsers accept such a cookie only over HTTPS, only for the host that
    sends it, and only for all paths. So a browser has at most one, and neither another subdomain, nor plain HTTP, nor
    another path can put a second one in front of it.

    It needs HTTPS between the browser and the server, or the proxy in front of it: a browser ignores it otherwise, and
    each request is then that of a new visitor.

    Raises `InvalidCookie` if browsers would not accept the cookie.

    >>> Cookie("sid").set_cookie("876dd4ba")
    '__Host-sid=876dd4ba; HttpOnly; Secure; SameSite=Lax; Path=/'
    """

    name: str
    """The name, without the prefix `__Host-`."""

    _: KW_ONLY

    max_age: int | None = None
    """The number of seconds for which browsers keep the cookie, also when they are closed; at least 1.

    The timeout of the sessions is a good value: a visit then returns the cookie every time, so that both are extended
    together.
    """

    same_site: SameSite = "lax"
    """Whether browsers send the cookie with requests that other sites cause. `none` requires HTTPS."""

    path: str = "/"
    """The path below which browsers send the cookie. It does not protect the cookie from other paths of the same host.

    A path other than `/` requires `without_host_prefix` or `over_plain_http`.
    """

    partitioned: bool = False
    """Keeps the cookie apart for each site in which this one is embedded. Requires HTTPS."""

    over_plain_http: bool = False
    """Leaves out `Secure` and the prefix, so that the cookie also works over plain HTTP.

    Only for development: over plain HTTP anybody on the network can read and replace the cookie.
    """

    without_host_prefix: bool = False
    """Leaves out the prefix, for a path other than `/`, or to keep a name that browsers have already.

    The cookie is still `Secure`. Other subdomains, and scripts of this site, can then set a cookie of the same name
    with another path or domain, so that the visitor loses the session, or gets the session of whoever set the cookie.
    """

    def __post_init__(self) -> None:
        self._check_name()
        self._check_path()
        self._check_attributes()

    def id_in(self, headers: CookieHeaders) -> str | None:
        """Returns the session's id from the values of a request's `Cookie` headers, or `None`.

        An id has 1 to 1,024 bytes, all of which RFC 6265 allows in a cookie's value. Of several cookies of this name,
        the first valid one is used. Only `Container.resume` finds out whether a session has this id.
        """
        start = f"{self._full_name}=".encode()
        for header in [headers] if isinstance(headers, (str, bytes)) else headers:
            # Characters beyond ASCII are in no id, so their encoding does not matter.
            data = header if isinstance(header, bytes) else header.encode(errors="surrogatepass")
            for pair in data.split(b";"):
                pair = pair.strip(_WHITE_SPACE)
                value = pair[len(start) :]
                if pair.startswith(start) and _ID.fullmatch(value):
                    return value.decode("ascii")
        return None

    def set_cookie(self, session_id: str) -> str:
        """Returns the value of a `Set-Cookie` header that gives an id to the browser.

        Raises `InvalidCookie` for an id that `id_in` would not find again.
        """
        if not _ID.fullmatch(session_id.encode(errors="surrogatepass")):
            raise InvalidCookie("session-id", "this session id cannot be the value of a cookie")
        return self._line(session_id, self.max_age)

    def remove_cookie(self) -> str:
        """Returns the value of a `Set-Cookie` header that makes the browser remove the cookie."""
        return self._line("", 0)

    @property
    def _full_name(self) -> str:
        return self.name if self.over_plain_http or self.without_host_prefix else f"__Host-{self.name}"

    def _line(self, value: str, max_age: int | None) -> str:
        parts = [f"{self._full_name}={value}", "HttpOnly"]
        if not self.over_plain_http:
            parts.append("Secure")
        parts += [f"SameSite={self.same_site.capitalize()}", f"Path={self.path}"]
        if max_age is not None:
            parts.append(f"Max-Age={max_age}")
        if self.partitioned:
            parts.append("Partitioned")
        return "; ".join(parts)

    def _check_path(self) -> None:
        path = quoted(self.path)
        if not _PATH.fullmatch(self.path):
            raise InvalidCookie(
                "path", f"the cookie path {path} must begin with / and be printable ASCII without semicolons"
            )
        if self.path != "/" and not self.over_plain_http and not self.without_host_prefix:
            raise InvalidCookie(
                "host-prefix-path",
                f"a cookie with the prefix __Host- must have the path /, not {path}; use `without_host_prefix`",
            )

    def _check_attributes(self) -> None:
        if self.same_site not in ("strict", "lax", "none"):
            raise InvalidCookie("same-site", "the SameSite of a cookie must be strict, lax or none")
        if self.over_plain_http and self.same_site == "none":
            raise InvalidCookie("same-site-none", "a cookie with SameSite=None must not be sent over plain HTTP")
        if self.over_plain_http and self.partitioned:
            raise InvalidCookie("partitioned", "a cookie with Partitioned must not be sent over plain HTTP")
        if self.max_age is not None and (type(self.max_age) is not int or self.max_age < 1):
            raise InvalidCookie("max-age", "the Max-Age of a cookie must be at least 1")

    def _check_name(self) -> None:
        name = quoted(self.name)
        if not _TOKEN.fullmatch(self.name):
            raise InvalidCookie(
                "name", f"the cookie name {name} must consist of letters, digits, and marks such as - and _"
            )
        if _PREFIX.match(self.name):
            raise InvalidCookie(
                "prefix",
                f"the cookie name {name} begins with a reserved prefix; leave it out: `Cookie` adds __Host- by itself",
            )
