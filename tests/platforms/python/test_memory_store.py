"""The store in memory."""

import unittest
from unittest.mock import patch

from memory_store import FEW_ENTRIES, MemoryStore
from test_memcached_store import put


class Expiry(unittest.TestCase):
    def test_entries_that_expired_unread_are_removed(self) -> None:
        store = MemoryStore()
        with patch("time.monotonic", return_value=0.0):
            store.write_many([put(f"old-{number}", b"") for number in range(FEW_ENTRIES - 1)])
        with patch("time.monotonic", return_value=200.0):
            store.write_many([put("new", b"")])
            self.assertEqual(list(store._entries), ["new"])
            self.assertIsNotNone(store.get_many(["new"], None)[0])
