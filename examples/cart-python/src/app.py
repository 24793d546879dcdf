"""A shopping cart: an HTTP edge function that keeps its visitors' sessions.

Read `cart` for what an application does with a session, and `routes` for the HTTP contract. The other modules are forms
and HTML.
"""

from lovely_session.http import serve

from refusal import refuse
from routes import answer

IncomingHandler = serve(answer, on_error=refuse, max_body=64 * 1024)
