"""How fast symbook is, beside other ways to run the same arithmetic and beside the hardware's limits.

`README.md` says how to run it and how to read it.
"""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
# `networks` is imported from here, whether this package is `tests.benchmarks` or `benchmarks`.
if str(TESTS) not in sys.path:
    sys.path.append(str(TESTS))
