"""How long `import symbook` takes beside `import numpy`, in new processes, interleaved.

Run it with the Python that symbook is installed in: `python tests/benchmarks/import_time.py [RUNS]`.
It prints the medians in seconds and the median of the ratios of neighbouring runs.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time


def seconds(module: str, folder: str) -> float:
    """Wall time of a new Python that imports the module; started in an empty folder."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True, cwd=folder)
    return time.perf_counter() - begin


def main(runs: int = 15) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        for module in ("numpy", "symbook"):
            seconds(module, folder)  # not counted: files come from the disk, bytecode is written
        pairs = [(seconds("symbook", folder), seconds("numpy", folder)) for _ in range(runs)]
    ours, numpys = zip(*pairs, strict=True)
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"import symbook  {statistics.median(ours):.3f} s")
    print(f"import numpy    {statistics.median(numpys):.3f} s")
    print(f"ratio           {ratio:.2f} (median of {runs} pairs)")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
