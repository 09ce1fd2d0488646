"""Locks that a forked child finds free, and what they guard whole.

A child has only the thread that forked. A lock that another one held would stay locked there for ever.
"""

from __future__ import annotations

import os
import threading


def lock() -> threading.RLock:
    """A lock that whoever forks takes first, so that nobody is in the middle of what it guards.

    Made in the order in which they are taken inside each other, the outermost last. Who forks while it has
    the lock keeps it, in both processes. Made for good: it is never freed.
    """
    made = threading.RLock()
    if hasattr(os, "register_at_fork"):
        # What is registered last is called first before a fork, and last after it.
        os.register_at_fork(
            before=made.acquire, after_in_parent=made.release, after_in_child=made.release
        )
    return made
