"""How long work is run again, and the pauses before it."""

import random
import traceback
import unittest
from collections.abc import Iterator

from lovely_session import Conflict, Ended, Gone, Misuse, OutcomeUnknown, SessionError
from lovely_session.patience import Patience, SystemTimer, pause_after
from lovely_session.retry import CONFLICT, CONFLICT_OR_END, WorkFailed, do, retry


class Timer:
    """A timer whose time passes only by pauses, all of nearly maximum length, and by what a test adds."""

    def __init__(self) -> None:
        self.time = 0.0
        self.pauses: list[float] = []

    def now(self) -> float:
        return self.time

    def random(self) -> float:
        return 1 - 2**-53

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds


class Pauses(unittest.TestCase):
    def test_pauses_do_not_follow_the_seed_of_an_application(self) -> None:
        numbers = set()
        for _ in range(5):
            random.seed(7)
            numbers.add(SystemTimer().random())
        self.assertEqual(len(numbers), 5)

    def test_each_further_race_doubles_the_limit_up_to_the_longest_pause(self) -> None:
        milliseconds = [round(pause_after(lost, Timer()) * 1000, 6) for lost in range(12)]
        self.assertEqual(milliseconds, [0, 0, 2, 4, 8, 16, 32, 64, 128, 250, 250, 250])
        self.assertEqual(pause_after(10**9, Timer()), pause_after(9, Timer()))

    def test_no_pause_ends_after_the_patience_and_none_is_left_out_before(self) -> None:
        timer = Timer()
        patience = Patience(1, timer)
        lost = 1
        while patience.wait_for_retry():
            lost += 1
        self.assertLess(timer.time, 1)
        self.assertGreaterEqual(timer.time + pause_after(lost, timer), 1)

    def test_no_run_begins_when_the_runs_before_took_all_the_time(self) -> None:
        timer = Timer()
        patience = Patience(1, timer)
        timer.time = 0.999
        self.assertTrue(patience.wait_for_retry())
        timer.time = 1.0
        self.assertFalse(patience.wait_for_retry())

    def test_without_patience_there_is_one_run(self) -> None:
        for seconds in (0, -1, float("nan")):
            self.assertFalse(Patience(seconds, Timer()).wait_for_retry())


class Retries(unittest.TestCase):
    def settle(self, again: tuple[type[SessionError], ...], *results: object) -> tuple[object, int]:
        left: Iterator[object] = iter(results)

        def run() -> object:
            result = next(left)
            if isinstance(result, Exception):
                raise result
            return result

        try:
            settled: object = retry(Patience(5, Timer()), again, run)
        except SessionError as error:
            settled = type(error)
        return settled, len(list(left))

    def test_work_runs_again_after_a_conflict(self) -> None:
        self.assertEqual(self.settle(CONFLICT, Conflict(), Conflict(), 7, 8), (7, 1))

    def test_work_never_runs_again_when_the_outcome_is_unknown(self) -> None:
        for again in (CONFLICT, CONFLICT_OR_END):
            self.assertEqual(self.settle(again, OutcomeUnknown(), 7), (OutcomeUnknown, 1))

    def test_only_the_work_of_a_visitor_runs_again_after_the_session_ended(self) -> None:
        for error in (Gone, Ended):
            self.assertEqual(self.settle(CONFLICT_OR_END, error(), 7), (7, 0))
            self.assertEqual(self.settle(CONFLICT, error(), 7), (error, 1))

    def test_an_error_of_the_work_itself_is_final(self) -> None:
        self.assertEqual(self.settle(CONFLICT, WorkFailed(Conflict()), 7), (Conflict, 1))

    def test_the_traceback_of_the_work_is_kept(self) -> None:
        def work() -> None:
            raise LookupError

        try:
            retry(Patience(0, Timer()), CONFLICT, lambda: do(work))
        except LookupError as error:
            self.assertIsNone(error.__context__)
            self.assertEqual(traceback.extract_tb(error.__traceback__)[-1].name, "work")


class WorkThatDoesNotRun(unittest.TestCase):
    def misuse_of(self, work: object) -> str:
        with self.assertRaises(WorkFailed) as caught:
            do(work)  # type: ignore[arg-type]
        self.assertIsInstance(caught.exception.error, Misuse)
        return str(caught.exception.error)

    def test_async_work_is_refused(self) -> None:
        async def work() -> None:
            """Nothing of this runs."""

        self.assertIn("async def", self.misuse_of(work))

    def test_a_generator_is_refused(self) -> None:
        def work() -> Iterator[int]:
            yield 1

        self.assertIn("yield", self.misuse_of(work))
