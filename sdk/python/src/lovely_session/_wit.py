"""The bindings that componentize-py generates: no other module uses them.

They exist only in a component. Elsewhere, for example in unit tests of an application, the package can be imported, and
the first use of a name from here raises `Misuse`. `_wit.pyi` has the types of what is used.
"""

from .errors import Misuse

try:
    from componentize_py_types import Err, Ok
    from wit_world.imports.sessions import Container, ContainerOptions, Package, Session
    from wit_world.imports.streams import InputStream, OutputStream, StreamError_Closed
    from wit_world.imports.transactions import Isolation, Savepoint, Transaction, TransactionOptions
    from wit_world.imports.types import (
        Fields,
        IncomingBody,
        IncomingRequest,
        OutgoingBody,
        OutgoingResponse,
        ResponseOutparam,
    )
except ModuleNotFoundError as missing:
    if missing.name not in ("componentize_py_types", "wit_world"):
        raise

    def __getattr__(name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        raise Misuse("sessions and requests exist only inside a component: build one with componentize-py")
