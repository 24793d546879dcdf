"""What becomes of a transaction when a block or work ends, with stand-ins for the bindings."""

import enum
import types
import unittest
from collections.abc import Iterator
from typing import Any
from unittest import mock

from lovely_session import (
    Conflict,
    Cookie,
    Finished,
    InvalidOption,
    Misuse,
    OutcomeUnknown,
    Savepoint,
    Session,
    Transaction,
    Visit,
    Visitors,
    calls,
    container,
    transact,
    transaction,
    transactional,
)
from lovely_session.calls import Scope

END_WORK = (KeyboardInterrupt, SystemExit, GeneratorExit, StopIteration, LookupError, Conflict)


class Err(Exception):
    """As the bindings raise."""

    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value


class Error_Finished:
    """A case of the interface."""


class Error_Conflict:
    """A case of the interface."""

    value = ()


class Error_OutcomeUnknown:
    """A case of the interface."""

    value = ()


class Isolation(enum.Enum):
    SERIALIZABLE = 0


class Bindings:
    """Stand-ins for the bindings. `commits` is what the commits fail with, in their order."""

    def __init__(self) -> None:
        self.commits: list[object] = []
        self.log: list[str] = []
        self.Err = Err
        self.Isolation = Isolation
        self.TransactionOptions = self.ContainerOptions = lambda *_: None
        self.Container = types.SimpleNamespace(open=lambda *_: types.SimpleNamespace(resume=lambda *_: None))

    def Transaction(self, options: object) -> "Handle":
        self.log.append("begin")
        return Handle(self)


class Handle:
    """A transaction, and a savepoint of it."""

    def __init__(self, bindings: Bindings) -> None:
        self._bindings = bindings
        self._finished = False

    def _finish(self, how: str) -> None:
        self.rollback()
        self._finished = True
        self._bindings.log.append(how)

    def abort(self) -> None:
        self._finish("abort")

    def commit(self) -> None:
        self._finish("commit")
        if self._bindings.commits:
            raise Err(self._bindings.commits.pop(0))

    def savepoint(self) -> "Handle":
        self.rollback()
        return self

    def rollback(self) -> None:
        if self._finished:
            raise Err(Error_Finished())


class BlocksTest(unittest.TestCase):
    def setUp(self) -> None:
        self.bindings = Bindings()
        for module in (calls, container, transaction):
            patch = mock.patch.object(module, "_wit", self.bindings)
            patch.start()
            self.addCleanup(patch.stop)

    def test_work_that_raises_anything_is_aborted_and_does_not_run_again(self) -> None:
        for error in END_WORK:
            def fail(_: object) -> None:
                raise error

            def with_visiting() -> None:
                with Visitors("shop", Cookie("sid")).visiting([]):
                    raise error

            def with_transaction() -> None:
                with Transaction(), Transaction().savepoint():
                    raise error

            for run in (
                lambda: transact(fail),
                lambda: Visitors("shop", Cookie("sid")).visit([], fail),
                with_visiting,
            ):
                self.bindings.log.clear()
                with self.subTest(error=error), self.assertRaises(error):
                    run()
                self.assertEqual(self.bindings.log, ["begin", "abort"])
            with self.assertRaises(error):
                with_transaction()

    def test_a_generator_that_is_not_read_to_its_end_commits_nothing(self) -> None:
        def parts() -> Iterator[int]:
            with Visitors("shop", Cookie("sid")).visiting([]):
                yield 1
                yield 2

        iterator = parts()
        next(iterator)
        del iterator
        self.assertEqual(self.bindings.log, ["begin", "abort"])

    def test_work_runs_again_only_after_a_conflict_of_its_commit(self) -> None:
        self.bindings.commits = [Error_Conflict(), Error_OutcomeUnknown()]
        with self.assertRaises(OutcomeUnknown):
            Visitors("shop", Cookie("sid")).visit([], lambda visit: None)
        self.assertEqual(self.bindings.log, ["begin", "commit", "begin", "commit"])

    def test_what_ended_a_transaction_is_told_behind_its_savepoint(self) -> None:
        self.bindings.commits = [Error_OutcomeUnknown()]
        with self.assertRaises(OutcomeUnknown), Transaction() as begun, begun.savepoint():
            begun.commit()
        savepoint = Savepoint(Handle(self.bindings), Scope())  # type: ignore[arg-type]
        savepoint._handle._finished = True  # type: ignore[attr-defined]
        with self.assertRaises(Finished):
            savepoint.rollback()

    def test_a_visit_is_over_when_it_was_committed(self) -> None:
        kept: list[Visit] = []
        Visitors("shop", Cookie("sid")).visit([], kept.append)
        with self.assertRaisesRegex(Finished, "the visit is over"):
            kept[0].savepoint()

    def test_an_isolation_is_checked_when_the_component_is_built(self) -> None:
        isolation: Any
        for isolation in ("none", "SNAPSHOT", None):
            with self.subTest(isolation), self.assertRaisesRegex(Misuse, "the isolation must be serializable,"):
                Visitors("shop", Cookie("sid"), isolation=isolation)
            with self.subTest(isolation), self.assertRaisesRegex(Misuse, "the isolation must be serializable,"):
                transactional(isolation=isolation)
            with self.subTest(isolation), self.assertRaisesRegex(Misuse, "the isolation must be serializable,"):
                Transaction(isolation)

    def test_a_grace_is_checked(self) -> None:
        session = Session(mock.Mock(), Scope())
        grace: Any
        for grace, error in [(-1, InvalidOption), (2**32, InvalidOption), (1.5, TypeError), (True, TypeError)]:
            with self.subTest(grace), self.assertRaises(error):
                session.renew_id(grace)
