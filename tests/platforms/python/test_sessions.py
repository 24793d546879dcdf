"""Instances of the component: what a store raises, threads, interrupts and forks."""

import gc
import os
import threading
import unittest
from typing import Any

from memory_store import MemoryStore
from sessions import SessionEngine, SessionError, UnusableInstance

ENGINE = SessionEngine(os.environ["SESSION_COMPONENT"])


class FailingStore(MemoryStore):
    """Calls what a test wants to happen, before or after the call itself."""

    def __init__(self) -> None:
        super().__init__()
        self.before_get = self.after_write = lambda: None

    def get_many(self, keys: list[str], touch: Any) -> Any:
        self.before_get()
        return super().get_many(keys, touch)

    def write_many(self, writes: list[Any]) -> Any:
        outcomes = super().write_many(writes)
        self.after_write()
        return outcomes


def raising(error: BaseException) -> Any:
    def work() -> None:
        raise error

    return work


class Instances(unittest.TestCase):
    def setUp(self) -> None:
        self.store = FailingStore()
        self.sessions = ENGINE.sessions(self.store)

    def count(self) -> int:
        tx = self.sessions.begin()
        counts = tx.session("test", "id").package("counts")
        counts["visits"] = counts.get("visits", 0) + 1
        tx.commit()
        return counts_of(self.sessions)

    def test_a_store_that_raises_in_a_read_fails_the_call_and_no_more(self) -> None:
        self.assertEqual(self.count(), 1)
        self.store.before_get = raising(RuntimeError("broken"))
        with self.assertRaises(SessionError) as caught:
            self.count()
        self.assertEqual(caught.exception.kind, "store")
        self.store.before_get = lambda: None
        self.assertEqual(self.count(), 2)

    def test_a_store_that_raises_in_a_write_may_have_written(self) -> None:
        self.store.after_write = raising(RuntimeError("broken"))
        # The component reads again, and finds that the write was done.
        self.assertEqual(self.count(), 1)
        self.store.before_get = raising(RuntimeError("broken"))
        self.store.after_write = lambda: None
        with self.assertRaises(SessionError):
            self.count()
        self.store.before_get = lambda: None
        self.assertEqual(self.count(), 2)

    def test_two_threads_are_not_in_one_instance(self) -> None:
        entered, leave = threading.Event(), threading.Event()

        def wait() -> None:
            entered.set()
            leave.wait(20)

        self.store.before_get = wait
        thread = threading.Thread(target=lambda: self.sessions.begin().session("test", "id"))
        thread.start()
        entered.wait(20)
        self.assertRaises(UnusableInstance, self.sessions.begin)
        leave.set()
        thread.join()
        self.store.before_get = lambda: None
        self.assertEqual(self.count(), 1)

    def test_a_store_does_not_call_its_own_instance(self) -> None:
        self.store.before_get = self.sessions.begin
        with self.assertRaises(SessionError) as caught:
            self.count()
        self.assertEqual(caught.exception.kind, "store")
        self.store.before_get = lambda: None
        self.assertEqual(self.count(), 1)

    def test_an_interrupt_in_a_store_reaches_the_caller_and_breaks_nothing(self) -> None:
        for interrupt in [KeyboardInterrupt, SystemExit]:
            self.store.before_get = raising(interrupt())
            self.assertRaises(interrupt, self.count)
            self.store.before_get = lambda: None
        self.assertEqual(self.count(), 1)

    def test_an_instance_that_trapped_is_not_called_again(self) -> None:
        self.store.get_many = lambda keys, touch: "not what the interface says"
        self.assertRaises(Exception, self.count)
        with self.assertRaises(UnusableInstance):
            self.sessions.begin()
        self.sessions = ENGINE.sessions(MemoryStore())
        self.assertEqual(self.count(), 1)

    def test_an_argument_of_a_wrong_type_breaks_nothing(self) -> None:
        for wrong in [7, None, "\ud800"]:
            with self.assertRaises((TypeError, ValueError)):
                self.sessions.begin().session("test", wrong)
        self.assertEqual(self.count(), 1)

    def test_what_is_given_back_in_other_threads_is_dropped(self) -> None:
        for _ in range(50):
            kept = [self.sessions.begin()]
            kept.append(kept[0].session("test", "id"))
            thread = threading.Thread(target=kept.clear)
            thread.start()
            thread.join()
        self.sessions.begin()
        self.assertLessEqual(len(self.sessions._unused), 1)

    def test_handles_in_a_cycle_of_garbage_are_dropped(self) -> None:
        for _ in range(20):
            cycle: list[Any] = [self.sessions.begin()]
            cycle.append(cycle)
            del cycle
            gc.collect()
            self.count()
        self.assertLessEqual(len(self.sessions._resources), 8)

    def test_a_session_keeps_its_transaction(self) -> None:
        counts = self.sessions.begin().session("test", "id").package("counts")
        gc.collect()
        counts["visits"] = 1
        self.assertEqual(counts.get("visits"), 1)

    def test_a_process_after_a_fork_is_told_to_make_its_own(self) -> None:
        child = os.fork()
        if child == 0:
            refused = 0
            for work in [self.sessions.begin, lambda: ENGINE.sessions(MemoryStore())]:
                try:
                    work()
                except UnusableInstance:
                    refused += 1
            os._exit(0 if refused == 2 else 1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)

    def test_ids_of_clients_are_resumed_and_not_adopted(self) -> None:
        tx = self.sessions.begin()
        self.assertIsNone(tx.resume("test", "planted"))
        session = tx.create("test")
        session.package("counts")["visits"] = 7
        tx.commit()
        self.assertEqual(len(session.id), 48)
        found = self.sessions.begin().resume("test", session.id)
        self.assertEqual(found.package("counts").get("visits"), 7)


def counts_of(sessions: Any) -> int:
    return sessions.begin().session("test", "id").package("counts").get("visits", 0)
