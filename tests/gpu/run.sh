#!/usr/bin/env bash
# Everything that needs a GPU, in under eight minutes: the tests of tests/gpu on the device (operators' golden
# cases, random graphs, the classic networks, the tutorial, memory and held outputs), the benchmark, and
# compute-sanitizer on a few kernels. The most important come first; a part that takes too long is ended.
#
#     bash tests/gpu/run.sh [FOLDER]
#
# FOLDER, or $OUT, or gpu-results gets all outputs, few and flat: summary.txt, environment.txt, whole.txt and
# parts.txt (of the tests), benchmark.txt, benchmark.json, memcheck.txt, racecheck.txt. The exit status is 1 if
# anything failed.
#
# Python is $PYTHON; or else a python3 that has CuPy, pytest and a device; or else a new virtual environment,
# which needs a package index, and whose making is not counted in the eight minutes. Nothing else is fetched.
# What is not installed (Hypothesis, JAX, PyTorch, compute-sanitizer) is skipped, and said.
#
# TESTS, BENCHMARK: what pytest and the benchmark are given instead. SYMBOOK_TEST_SIMULATED_GPU=1 takes the
# simulated device: with these, tests/gpu/test_run.py tries this script where there is no GPU.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=${1:-${OUT:-gpu-results}}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cd "$root"
export PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1
simulated=${SYMBOOK_TEST_SIMULATED_GPU:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
: >"$folder/summary.txt"

say() { printf '%s\n' "$*" | tee -a "$folder/summary.txt"; }

usable() {
    "$1" - >"$work/why" 2>&1 <<'EOF'
import sys
import numpy, pytest
import cupy
if sys.version_info < (3, 11) or int(numpy.__version__.split(".")[0]) < 2:
    sys.exit(f"Python {sys.version.split()[0]} and NumPy {numpy.__version__} are too old")
if not cupy.cuda.runtime.getDeviceCount():
    sys.exit("CuPy sees no CUDA device")
EOF
}

# CUDA's driver, which no package brings.
driver() {
    [ -e /dev/nvidiactl ] || [ -e /dev/dxg ] || [ -e /dev/nvhost-ctrl ] || nvidia-smi -L >/dev/null 2>&1
}

new_environment() {
    local extra=cuda12
    driver || return
    if nvidia-smi | grep -q 'CUDA Version: 1[3-9]'; then extra=cuda13; fi
    python3 -m venv "$work/venv" &&
        timeout 600 "$work/venv/bin/python" -m pip install -q --retries 1 --timeout 15 \
            "$root[test,$extra]" pytest-xdist >&2 &&
        echo "$work/venv/bin/python"
}

find_python() {
    local name
    if [ -n "${PYTHON:-}" ]; then
        echo "$PYTHON"
        return
    fi
    for name in python3 python; do
        if usable "$name"; then
            echo "$name"
            return
        fi
    done
    new_environment
}

if ! python=$(find_python); then
    say "FAILED: no Python 3.11 or later with NumPy 2, pytest, CuPy and a CUDA device was found, and none could"
    say "be made$(driver || echo ', as there is no NVIDIA driver here'). Set PYTHON to one."
    exit 1
fi
if [ -z "$simulated" ] && ! usable "$python"; then
    say "FAILED: $python cannot be used: $(tail -n 1 "$work/why")"
    exit 1
fi

describe() {
    git log -1 --format='symbook at %H, %cs' 2>/dev/null
    nvidia-smi 2>/dev/null
    "$python" - <<'EOF'
import importlib.metadata as metadata
import importlib.util
import sys

print(sys.version)
for name in ("numpy", "cupy", "pytest", "hypothesis", "xdist", "numba", "jax", "torch"):
    if importlib.util.find_spec(name) is None:
        print(name, "is not installed")
        continue
    packages = metadata.packages_distributions().get(name, ())
    print(", ".join(f"{package} {metadata.version(package)}" for package in set(packages)))
EOF
    if [ -z "$simulated" ]; then "$python" -c 'import cupy; cupy.show_config(_full=True)'; fi
    command -v compute-sanitizer nvcc || true
}
describe >"$folder/environment.txt" 2>&1
grep 'is not installed' "$folder/environment.txt" | while read -r line; do say "$line"; done

deadline=$((SECONDS + 465))

# part NAME SECONDS COMMAND…: its output goes to NAME.txt; it gets no more time than there is left.
part() {
    local name=$1 limit=$2 left=$((deadline - SECONDS)) begin=$SECONDS code
    shift 2
    if [ "$left" -lt 10 ]; then
        say "FAILED  $name: there was no time for it"
        status=1
        return
    fi
    timeout --signal=INT --kill-after=10 "$((limit < left ? limit : left))" "$@" \
        >"$folder/$name.txt" 2>&1
    code=$?
    if [ "$code" = 0 ]; then
        say "passed  $name, $((SECONDS - begin)) s"
    else
        status=1
        say "FAILED  $name, $((SECONDS - begin)) s: status $code$([ "$code" -lt 124 ] || echo ', out of time')"
        grep -aE '^(FAILED|ERROR|E  )' "$folder/$name.txt" | head -40 | while read -r line; do
            say "    ${line:0:160}"
        done
        say "$(tail -n 5 "$folder/$name.txt" | cut -c -160 | sed 's/^/    /')"
    fi
}

# The settings in pyproject.toml ask for plugins that only other tests need. A warning of some other version
# of a library is shown, and fails nothing.
options=(-o addopts= -p no:cacheprovider -W default -q --no-header -rsfE --durations=20)
chosen=(-m gpu)
if [ -n "$simulated" ]; then
    chosen=(-k simulated)
elif "$python" -c 'import xdist' 2>/dev/null; then
    # Most of the time goes into compiling kernels, which is the host's work.
    workers=$(($(nproc) / 2))
    options+=(-n "$((workers < 2 ? 2 : workers > 8 ? 8 : workers))")
fi

tests() { # NAME SECONDS ARGUMENT…
    local name=$1 limit=$2
    shift 2
    part "$name" "$limit" "$python" -m pytest "${options[@]}" "${chosen[@]}" "$@"
    say "        $(tail -n 1 "$folder/$name.txt" 2>/dev/null)"
}

# What works as a whole, and all operators; the benchmark; then the tests of parts.
whole=(tests/gpu/test_{tutorial,graphs,memory_use,golden_networks,operators}.py)
if [ -n "${TESTS:-}" ]; then read -ra whole <<<"$TESTS"; fi
tests whole 150 "${whole[@]}"

read -ra benchmark <<<"${BENCHMARK:---quick --seconds 110}"
part benchmark 170 "$python" -m tests.benchmarks gpu "${benchmark[@]}" --json "$folder/benchmark.json"

if [ -z "${TESTS:-}" ]; then tests parts 130 tests/gpu "${whole[@]/#/--ignore=}"; fi

# Every allocation on its own, so that what is read beside an array is seen.
if [ -n "$simulated" ]; then
    part memcheck 60 "$python" -m tests.gpu.few_kernels
elif command -v compute-sanitizer >/dev/null; then
    for tool in memcheck racecheck; do
        part "$tool" 60 compute-sanitizer --tool "$tool" --error-exitcode 9 \
            "$python" -m tests.gpu.few_kernels
    done
else
    say "skipped memcheck, racecheck: compute-sanitizer is not installed"
fi

say "$([ "$status" = 0 ] && echo 'All passed' || echo 'Something failed'), $SECONDS s; see $folder"
exit "$status"
