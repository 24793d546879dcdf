"""How long work is run again after lost races, and the pauses before it.

Work that runs again at once collides again when many requests change one session. With a random pause whose limit
doubles with each race lost in a row, the runs spread out until about one request works at a time.
"""

from __future__ import annotations

import random
import time
from typing import Protocol

# The limit of the first pause, in seconds: about the duration of a transaction on a store in the same network.
FIRST_PAUSE = 0.002

# No pause is longer, in seconds.
LONGEST_PAUSE = 0.25


class Timer(Protocol):
    """A clock that can wait, and random numbers."""

    def now(self) -> float:
        """Returns the time since a fixed point, in seconds."""
        ...

    def random(self) -> float:
        """Returns a random number from 0 up to, but not including, 1."""
        ...

    def pause(self, seconds: float) -> None:
        """Waits."""


# Neither the seed of an application nor memory from when the component was built makes it repeat itself.
RANDOM = random.SystemRandom()


class SystemTimer:
    """The clock and the randomness of Python, which in a component are those of WASI."""

    def now(self) -> float:
        """Returns the time of a clock that never goes back."""
        return time.monotonic()

    def random(self) -> float:
        """Returns a random number. It need not be unpredictable."""
        return RANDOM.random()

    def pause(self, seconds: float) -> None:
        """Sleeps."""
        time.sleep(seconds)


class Patience:
    """The time within which lost races are run again."""

    def __init__(self, seconds: float, timer: Timer | None = None) -> None:
        self._timer = timer or SystemTimer()
        # No run begins at this time or later.
        self._end = self._timer.now() + seconds
        self._lost = 0

    def wait_for_retry(self) -> bool:
        """Call it after a lost race. Pauses and returns true, or returns false if the next run would begin too late."""
        self._lost += 1
        pause = pause_after(self._lost, self._timer)
        # Not `>=`, which would be false for ever with a patience of NaN.
        if not self._timer.now() + pause < self._end:
            return False
        if pause > 0:
            self._timer.pause(pause)
        return True


def pause_after(lost: int, timer: Timer) -> float:
    """Returns the pause after so many lost races in a row, in seconds.

    After the first it is zero: most sessions have at most two requests at a time, and on a host with turns the request
    that runs again has the turn.
    """
    if lost < 2:
        return 0.0
    # The limit of the exponent keeps the power small; the longest pause is reached long before.
    limit = min(FIRST_PAUSE * 2.0 ** min(lost - 2, 32), LONGEST_PAUSE)
    return limit * timer.random()
