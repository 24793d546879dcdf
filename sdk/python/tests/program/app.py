"""An edge function that does with the SDK what a request says, as `tests/programs/sdk/README.md` describes."""

from typing import Any

from lovely_session import Cookie, SessionError, Visitors, transact
from lovely_session.http import HttpError, Request, Response, serve

import wsgi_app
from misuse import MISUSES
from steps import ApplicationFailed, Work, described


def handle(request: Request) -> Response:
    """Does the steps of a request, or what its path says: a misuse of the SDK, or WSGI."""
    if request.path.startswith("/misuse/") and request.method == "GET":
        return MISUSES[request.path.removeprefix("/misuse/")](request)
    if request.path.startswith("/wsgi"):
        return wsgi_app.handle(request)
    if request.path != "/" or request.method != "POST":
        raise HttpError(404, "there is only POST /")
    try:
        return do(request, request.json())
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise HttpError(400, f"the body is not as described: {type(error).__name__}") from error


def do(request: Request, told: dict[str, Any]) -> Response:
    """Visits, or transacts, and responds with what became of it."""
    container = told.get("container", "sdk")
    options = {"timeout": told["timeout"]} if "timeout" in told else {}
    work = Work(container, options, told["steps"])
    how = {name: told[name] for name in ("isolation",) if name in told}
    if "patience" in told:
        how["patience"] = told["patience"] / 1000
    try:
        if "transact" in told:
            results, set_cookie = transact(lambda tx: work.transact(tx, told["transact"]), **how), None
        else:
            visitors = Visitors(container, Cookie(**{"name": "sid", **told.get("cookie", {})}), **options, **how)
            visited = visitors.visit(request, work.visit)
            results, set_cookie = visited.value, visited.set_cookie
    except (SessionError, ApplicationFailed) as error:
        return Response.json({"error": described(error), "runs": work.runs})
    work.do_what_was_kept()
    response = Response.json({"results": results, "runs": work.runs})
    return response if set_cookie is None else response.adding("set-cookie", set_cookie)


IncomingHandler = serve(handle)
