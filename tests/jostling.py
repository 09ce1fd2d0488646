"""Threads that get in each other's way as often as they can."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable


def jostle(*tasks: Callable[[], object]) -> None:
    """Run tasks at once, each on a thread that Python takes its turn from every few microseconds."""
    threads = [threading.Thread(target=task) for task in tasks]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
