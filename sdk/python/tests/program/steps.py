"""The steps of a request."""

import datetime
from typing import Any

from lovely_session import Container, Package, Savepoint, Session, SessionError, Transaction, Visit

Step = list[Any]

# The steps on data, which do nothing where there is no session.
ON_DATA = {
    *("is-new", "last-accessed", "get", "peek", "get-number", "has", "set", "set-bad", "update", "add", "remove"),
    *("clear", "keys", "entries", "peek-entries", "length", "packages", "remove-package", "rival", "rival-ends"),
}


class ApplicationFailed(Exception):
    """The work failed by itself."""

    code = "application"


class Work:
    """The work of a visit or of a transaction: runs of the same steps."""

    def __init__(self, container: str, options: dict[str, Any], steps: list[Step]) -> None:
        self.container = container
        self.options = options
        self.steps = steps
        self.runs = 0
        self.kept: list[tuple[Run, Step, dict[str, Any]]] = []

    def visit(self, visit: Visit) -> list[Any]:
        """Does the steps in a visit."""
        return self._run(Run(self, visit.transaction, visit, None))

    def transact(self, transaction: Transaction, session_id: str) -> list[Any]:
        """Does the steps in a transaction."""
        session = self.open().session(transaction, session_id)
        return self._run(Run(self, transaction, None, session))

    def open(self) -> Container:
        """Returns the container of the visitors."""
        return Container(self.container, **self.options)

    def do_what_was_kept(self) -> None:
        """Does the steps that wait for the end of the visit."""
        for run, step, result in self.kept:
            result.update(run.attempt(step))

    def _run(self, run: "Run") -> list[Any]:
        self.runs += 1
        self.kept = []
        return run.all(self.steps)


class Run:
    """Steps with one session: the visitor's, or another one."""

    def __init__(
        self, work: Work, transaction: Transaction, visit: Visit | None, session: Session | None
    ) -> None:
        self._work = work
        self._transaction = transaction
        self._visit = visit
        self._other_session = session
        self._savepoints: dict[str, Savepoint] = {}

    def all(self, steps: list[Step]) -> list[Any]:
        """Does steps, and returns their results."""
        return [self.do(step) for step in steps]

    def attempt(self, step: Step) -> dict[str, Any]:
        """Does a step, which may fail."""
        try:
            return {"ok": self.do(step)}
        except SessionError as error:
            return {"error": described(error)}

    def do(self, step: Step) -> Any:
        """Does a step, and returns its result."""
        match step:
            case ["session"]:
                return self._session is not None
            case ["begin"]:
                if self._visit:
                    self._visit.session_or_begin()
            case ["log-in"]:
                if self._visit:
                    self._visit.session_with_new_id()
            case ["log-out"]:
                if self._visit:
                    self._visit.log_out()
            case ["savepoint", name]:
                self._savepoints[name] = self._transaction.savepoint()
            case ["rollback", name]:
                self._savepoints[name].rollback()
            case ["release", name]:
                self._savepoints[name].release()
            case ["in", container, session_id, steps]:
                other = Container(container).session(self._transaction, session_id)
                return Run(self._work, self._transaction, None, other).all(steps)
            case ["fail"]:
                raise ApplicationFailed("the application failed")
            case ["try", inner]:
                return self.attempt(inner)
            case ["keep", inner]:
                result: dict[str, Any] = {}
                self._work.kept.append((self, inner, result))
                return result
            case [name, *_] if name in ON_DATA:
                return None if self._session is None else self._do_with(self._session, step)
            case _:
                raise TypeError(step)
        return None

    @property
    def _session(self) -> Session | None:
        return self._visit.session if self._visit else self._other_session

    def _do_with(self, session: Session, step: Step) -> Any:
        match step:
            case ["is-new"]:
                return session.is_new()
            case ["last-accessed"]:
                return session.last_accessed()
            case ["packages"]:
                return session.packages()
            case ["remove-package", package]:
                return session.remove_package(package)
            case ["get-number", package, key]:
                return session.package(package, int | float).get(key)
            case ["rival", times, steps]:
                if self._work.runs <= times:
                    with Transaction() as rival:
                        same = self._work.open().session(rival, session.id)
                        Run(self._work, rival, None, same).all(steps)
            case ["rival-ends", times]:
                if self._work.runs <= times:
                    with Transaction() as rival:
                        same_if_any = self._work.open().resume(rival, session.id)
                        if same_if_any:
                            same_if_any.destroy()
            case [name, package, *arguments]:
                return do_in(session.package(package), name, arguments)
            case _:
                raise TypeError(step)
        return None


def do_in(package: Package[Any], name: str, arguments: list[Any]) -> Any:
    """Does a step on a package."""
    match name, arguments:
        case "get", [key]:
            return package.get(key)
        case "peek", [key]:
            return package.peek(key)
        case "has", [key]:
            return key in package
        case "set", [key, value]:
            package[key] = value
        case "set-bad", [key, kind]:
            package[key] = bad(kind)
        case "update", [entries]:
            package.update(entries)
        case "add", [key, number]:
            package.add(key, number)
        case "remove", [key]:
            return package.remove(key)
        case "clear", []:
            package.clear()
        case "keys", []:
            return list(package)
        case "entries", []:
            return dict(package.items())
        case "peek-entries", []:
            return package.peek_entries()
        case "length", []:
            return len(package)
        case _:
            raise TypeError(name)
    return None


def bad(kind: str) -> Any:
    """Returns a value that JSON cannot say."""
    cycle: list[Any] = []
    cycle.append(cycle)
    return {
        "bytes": b"apple",
        "set": {"apple"},
        "datetime": datetime.datetime(2026, 1, 1),
        "nan": float("nan"),
        "infinity": float("inf"),
        "cycle": cycle,
        "object": object(),
        "int-key": {1: "apple"},
        "surrogate": "\ud800",
    }[kind]


def described(error: Exception) -> dict[str, Any]:
    """Returns an error as the response has it."""
    told = {"name": getattr(error, "code"), "text": str(error)}
    for name, value in vars(error).items():
        match name:
            case "conflicts":
                told[name] = [
                    {"container": change.container, "package": change.package, "key": change.key} for change in value
                ]
            case "sessions":
                told[name] = len(value)
            case "name":
                told["option"] = value
            case "session" | "problem":
                pass
            case _:
                told[name] = value
    return told
