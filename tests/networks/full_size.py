"""Compare the classic networks at full size with MXNet, and print how far they are apart.

MXNet's Python makes the data, outside the repository; any Python with symbook compares::

    python tests/golden/golden_networks.py --full FOLDER    # with mxnet==1.9.1 numpy==1.23.5
    python tests/networks/full_size.py FOLDER [NAME ...]

It prints the largest relative errors, as the tests measure them (`digests.compare`), and what each
package took to compute the outputs, all internal outputs and the gradients on one core. There is
one row for each of the runs that `answers.RUNS` describes. The command fails if an error is above
its bound.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS), str(TESTS.parent)]

import symbook as mx  # noqa: E402
from networks import answers, digests  # noqa: E402
from networks.catalogue import NETWORKS, Network  # noqa: E402

KINDS = ("output", "internal", "grad", "aux")
HEADINGS = ["network", "nodes", "run", "outputs", "internals", "gradients", "states", "seconds"]


def main() -> int:
    """Compare the networks asked for; the exit status says whether all are within the bounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="what golden_networks.py --full wrote")
    parser.add_argument("names", nargs="*", help="networks; all of them where none is named")
    given = parser.parse_args()
    known = [network.name for network in NETWORKS]
    unknown = set(given.names) - set(known)
    if unknown:
        parser.error(
            f"no network is called {', '.join(sorted(unknown))}; there are {', '.join(known)}"
        )
    rows = _index(given.folder)
    chosen = [network for network in NETWORKS if network.name in (given.names or known)]
    missing = [network.name for network in chosen if network.name not in rows]
    if missing:
        print(
            f"{given.folder} has no data of {', '.join(missing)}. Make them with a Python that has "
            "mxnet==1.9.1 and numpy==1.23.5:\n"
            f"    python tests/golden/golden_networks.py --full {given.folder} {' '.join(missing)}",
            file=sys.stderr,
        )
        return 2
    print(f"| {' | '.join([*HEADINGS, 'MXNet'])} |\n|{'---|' * (len(HEADINGS) + 1)}", flush=True)
    failed = [n.name for n in chosen if not _compare(n, given.folder, rows[n.name])]
    return int(bool(failed))


def _index(folder: Path) -> dict[str, Any]:
    path = folder / "index.json"
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return {row["name"]: row for row in rows}


def _compare(network: Network, folder: Path, row: dict[str, Any]) -> bool:
    """Print a row for each run; tell whether all were within the bounds."""
    text = gzip.decompress((folder / f"{network.name}-symbol.json.gz").read_bytes()).decode()
    symbol = mx.sym.load_json(text)
    size = network.full
    arguments, auxiliary = answers.made_up(symbol, size.data, size.classes, network.gain)
    within = True
    data = digests.load(folder / f"{network.name}.npz")
    for run in network.runs(size):
        expected = data[run]
        start = time.perf_counter()
        own = {
            name: digests.digest(array)
            for name, array in answers.answers(mx, symbol, arguments, auxiliary, run)
        }
        seconds = time.perf_counter() - start
        worst = digests.compare(expected, own)
        errors = [f"{worst[kind].error:.1e}" if kind in worst else "–" for kind in KINDS]
        cells = (network.name, row["nodes"], run, *errors, f"{seconds:.1f}", row["seconds"][run])
        print(f"| {' | '.join(map(str, cells))} |", flush=True)
        for kind, found in worst.items():
            if found.error > answers.bounds(run)[kind]:
                within = False
                print(
                    f"{network.name} {run}: {found.name} is {found.error:.1e} off", file=sys.stderr
                )
    return within


if __name__ == "__main__":
    sys.exit(main())
