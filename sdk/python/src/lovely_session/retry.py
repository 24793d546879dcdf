"""Runs work again after lost races."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TypeVar

from .errors import Conflict, Ended, Gone, Misuse, SessionError
from .patience import Patience

T = TypeVar("T")

# After these errors of a commit, a run on fresh data can succeed.
CONFLICT: tuple[type[SessionError], ...] = (Conflict,)

# The same for a visitor, who is a new one when the session ended.
CONFLICT_OR_END: tuple[type[SessionError], ...] = (Conflict, Gone, Ended)


class WorkFailed(Exception):
    """Carries an exception of the work, which is final, past `retry`."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


def retry(patience: Patience, again: tuple[type[SessionError], ...], run: Callable[[], T]) -> T:
    """Calls `run` until it returns, raises something that is not in `again`, or the patience is over."""
    while True:
        try:
            return run()
        except WorkFailed as failed:
            error = failed.error
        except again:
            if not patience.wait_for_retry():
                raise
            continue
        # Outside of the handler, so that the traceback shows the work and not what carried its exception.
        raise error


def do(work: Callable[..., T], *arguments: object) -> T:
    """Runs the work of an application, and keeps its exceptions apart from those of the SDK.

    Work that returns before it has done anything would be committed empty, so it is refused.
    """
    try:
        result = work(*arguments)
        if inspect.iscoroutine(result):
            result.close()
            raise Misuse("the work is `async`, and none of it ran: write `def` instead of `async def`")
        if inspect.isgenerator(result) or inspect.isasyncgen(result):
            raise Misuse("the work contains `yield`, and none of it ran: it must return its result once")
        return result
    except BaseException as error:
        raise WorkFailed(error) from None
