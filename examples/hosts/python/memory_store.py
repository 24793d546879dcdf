"""A store in the memory of the process."""

import threading
import time
from typing import Any, Optional

from wasmtime.component import Record, Variant


def entry(value: bytes, version: bytes, seconds_left: Optional[int]) -> Record:
    """The record `entry` of `wit/key-value.wit`."""
    found = Record()
    found.value, found.version = value, version
    setattr(found, "seconds-left", seconds_left)
    return found


# Below this number of entries, it is not worth the time to look for those that have expired.
FEW_ENTRIES = 1000


class MemoryStore:
    """Keeps entries in a dict. Any number of instances of the component and threads may share it; processes may not:
    after a fork, each has entries of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[str, tuple[bytes, bytes, Optional[float]]] = {}
        self._versions = 0
        self._sweep_at = FEW_ENTRIES

    def get_many(self, keys: list[str], touch: Optional[Variant]) -> list[Optional[Record]]:
        """`get-many` of `wit/key-value.wit`."""
        with self._lock:
            return [self._get(key, touch) for key in keys]

    def write_many(self, writes: list[Record]) -> list[Variant]:
        """`write-many` of `wit/key-value.wit`."""
        with self._lock:
            outcomes = [self._write(write) for write in writes]
            if len(self._entries) >= self._sweep_at:
                self._sweep()
            return outcomes

    def _sweep(self) -> None:
        """Removes what has expired: most of it is never read again. The next time is when the number of entries has
        doubled, so that this takes a constant time for each write, on average."""
        now = time.monotonic()
        live = {key: found for key, found in self._entries.items() if found[2] is None or found[2] > now}
        self._entries = live
        self._sweep_at = max(FEW_ENTRIES, 2 * len(live))

    def _live(self, key: str) -> Optional[tuple[bytes, bytes, Optional[float]]]:
        found = self._entries.get(key)
        if found and found[2] is not None and found[2] <= time.monotonic():
            del self._entries[key]
            return None
        return found

    def _get(self, key: str, touch: Optional[Variant]) -> Optional[Record]:
        found = self._live(key)
        if found is None:
            return None
        value, version, ends = found
        if touch is not None:
            self._entries[key] = (value, version, end_of(touch.payload))
        return entry(value, version, None if ends is None else int(ends - time.monotonic()))

    def _write(self, write: Record) -> Variant:
        found, expects, change = self._live(write.key), write.expects, write.change
        if expects.tag == "absent" and found:
            return Variant("stale")
        if found is None and (expects.tag == "version" or expects.tag == "anything" and change.tag != "put"):
            return Variant("missing")
        if expects.tag == "version" and found and found[1] != expects.payload:
            return Variant("stale")
        if change.tag == "delete":
            self._entries.pop(write.key, None)
            return Variant("applied", b"")
        if change.tag == "touch":
            if found is None:
                return Variant("missing")
            self._entries[write.key] = (found[0], found[1], end_of(change.payload))
            return Variant("applied", found[1])
        self._versions += 1
        version = self._versions.to_bytes(8, "big")
        self._entries[write.key] = (change.payload.value, version, end_of(change.payload.lifetime))
        return Variant("applied", version)


def end_of(lifetime: Optional[int]) -> Optional[float]:
    """When a lifetime that begins now ends, on the monotonic clock; never for `never-expires`, which is `None`."""
    return None if lifetime is None else time.monotonic() + lifetime
