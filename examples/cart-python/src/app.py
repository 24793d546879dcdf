"""A shopping cart: an HTTP edge function that keeps its visitors' sessions.

Read `cart` for what an application does with a session, `transact` for how it does that in a transaction, and
`routes` for the HTTP contract. The other modules are plain HTTP and HTML.
"""

from wit_world import exports
from wit_world.imports.types import IncomingRequest, ResponseOutparam

from request import Request
from routes import answer


class IncomingHandler(exports.IncomingHandler):
    """The export `wasi:http/incoming-handler`."""

    def handle(self, request: IncomingRequest, response_out: ResponseOutparam) -> None:
        answer(Request(request)).send(response_out)
