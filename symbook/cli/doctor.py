"""`symbook doctor`: what was found on this machine, with a remedy for what is missing.

Each probe looks at one thing and returns one :class:`Finding`. A probe never fails: what it could
not find out is itself the finding. The report fits a screen of 24 lines and 80 columns.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import sys
import textwrap
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symbook._version import __version__
from symbook.cli.lab import LAB_REQUIREMENT
from symbook.remedies import pip_install

WIDTH = 80
_LABEL = 12
_MINIMUM_PYTHON = (3, 11)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes
    ----------
    what : str
        The thing looked at.
    found : str
        What was found, or why there is none.
    remedy : str
        What to type or do; empty when nothing is missing.
    broken : bool
        Whether symbook cannot work like this.
    """

    what: str
    found: str
    remedy: str = ""
    broken: bool = False


def doctor(*, as_json: bool = False) -> int:
    """Print the report; return 1 when something essential is broken, else 0."""
    findings = examine()
    if as_json:
        print(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=1))
    else:
        print(report(findings))
    return int(any(finding.broken for finding in findings))


def examine() -> list[Finding]:
    """Run every probe."""
    return [probe() for probe in PROBES]


def report(findings: list[Finding]) -> str:
    """The findings as text, two lines at most for each: what was found, cut at 80 columns, and the
    remedy, whole, as it is there to be typed.
    """
    lines = [f"symbook {__version__} on {platform.platform(terse=True)}"[:WIDTH]]
    for finding in findings:
        mark = "FAIL" if finding.broken else "    " if not finding.remedy else "  ! "
        lines.append(_cut(f"{mark} {finding.what:<{_LABEL}}{finding.found}"))
        if finding.remedy:
            lines.append(f"     → {finding.remedy}")
    missing = sum(bool(finding.remedy) for finding in findings)
    broken = sum(finding.broken for finding in findings)
    if broken:
        lines.append("symbook cannot work until what is marked FAIL is mended.")
    elif missing:
        lines.append("symbook works; → says how to get what is missing.")
    else:
        lines.append("Everything is here.")
    return "\n".join(lines)


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"


def _version(distribution: str) -> str | None:
    """The version of an installed distribution, or None."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


# --- the engine -----------------------------------------------------------------------------


def python() -> Finding:
    """The interpreter: 3.11 or later."""
    found = f"{platform.python_version()} at {_shorten(sys.executable, 50)}"
    if sys.version_info < _MINIMUM_PYTHON:
        return Finding("Python", found, "install Python 3.11 or later", broken=True)
    return Finding("Python", found)


def _shorten(text: str, width: int) -> str:
    """The text, with its middle left out when it is longer than `width`."""
    if len(text) <= width:
        return text
    half = (width - 1) // 2
    return f"{text[:half]}…{text[-half:]}"


def numpy() -> Finding:
    """NumPy 2 or later."""
    try:
        import numpy as np
    except Exception as error:  # a broken extension module can raise anything
        return Finding("NumPy", _reason(error), pip_install("numpy>=2.0"), broken=True)
    if int(np.__version__.split(".")[0]) < 2:
        return Finding("NumPy", np.__version__, pip_install("numpy>=2.0"), broken=True)
    return Finding("NumPy", np.__version__)


def blas() -> Finding:
    """The linear algebra library that NumPy was built with, and its threads."""
    try:
        import numpy as np

        found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        text = f"{found['name']} {found.get('version', '')}".strip()
    except Exception as error:  # the layout of the dict is not promised
        return Finding("BLAS", f"not known: {_reason(error)}")
    if _is_absent("threadpoolctl"):
        remedy = pip_install("threadpoolctl>=3.5")
        return Finding("BLAS", f"{text}; its threads cannot be limited", remedy)
    limits = [
        f"{name}={os.environ[name]}"
        for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
        if name in os.environ
    ]
    return Finding("BLAS", ", ".join([text, _blas_threads(), *limits]))


def _blas_threads() -> str:
    try:
        from symbook.workers import blas_threads

        count = blas_threads()
    except Exception as error:  # whatever it is, it is what the report must say
        return _reason(error)
    return "an unknown number of threads" if count is None else _threads(count)


def _threads(count: int) -> str:
    return f"{count} thread{'s' * (count != 1)}"


def engine() -> Finding:
    """The engine itself, on the tutorial's graph."""
    try:
        import symbook as mx

        a, b, c, d = (mx.sym.Variable(name) for name in "ABCD")
        values = {name: mx.nd.array([i]) for i, name in enumerate("ABCD", 1)}
        result = ((a * b) + (c * d)).bind(mx.cpu(), values).forward()[0].asscalar()
    except Exception as error:  # whatever it is, it is what the report must say
        wrong = "environment variable" in str(error)
        remedy = (
            "set that variable to something else, or unset it" if wrong else "install symbook again"
        )
        return Finding("Engine", _reason(error), remedy, broken=True)
    found = f"1·2 + 3·4 = {result:g}"
    if result != 14:
        return Finding("Engine", found, "report this as a bug: it should be 14", broken=True)
    return Finding("Engine", found)


def threads() -> Finding:
    """How many threads can run at once, and whether any can start."""
    total = os.cpu_count() or 1
    try:
        from symbook.workers import processors, thread_count

        usable = processors()
        count = thread_count()
    except Exception as error:  # such as a variable that is no number
        return Finding(
            "Threads", _reason(error), "set SYMBOOK_NUM_THREADS to 1 or more, or unset it"
        )
    cores = f"{usable} of {total} CPUs usable" if usable != total else f"{total} CPUs"
    try:
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
    except RuntimeError:
        return Finding("Threads", f"{cores}, but no thread starts: steps run one by one")
    limits = [
        f"{name}={os.environ[name]}"
        for name in ("SYMBOOK_NUM_THREADS", "MXNET_ENGINE_TYPE")
        if name in os.environ
    ]
    return Finding("Threads", ", ".join([f"{cores}: graphs run on {_threads(count)}", *limits]))


def loops() -> Finding:
    """What computes joined operators."""
    try:
        from symbook.fusion import compiler, kept

        mode = compiler.mode()
    except Exception as error:  # such as a variable that is something else
        return Finding("Loops", _reason(error), "set SYMBOOK_JIT to 0, 1 or now, or unset it")
    if _is_absent("numba"):
        return Finding("Loops", f"by NumPy; to compile them: {pip_install('numba')}")
    if mode == "off":
        return Finding("Loops", "by NumPy, SYMBOOK_JIT=0")
    try:
        importlib.import_module("numba")
    except Exception as error:  # it raises ImportError where it does not fit NumPy
        return Finding("Loops", _reason(error), pip_install("numba>=0.61"))
    remedy = "set SYMBOOK_CACHE to a folder that can be written to"
    try:
        folder = kept.cache_folder()
    except OSError as error:
        return Finding("Loops", f"compiled anew each time: {error}", remedy)
    # Of a folder that may not be looked into, `Path.exists` would raise.
    there = next(path for path in (folder, *folder.parents) if os.path.exists(path))
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        return Finding("Loops", f"compiled anew each time: {folder} cannot be written to", remedy)
    short = _shorten(str(folder), 30)
    return Finding("Loops", f"compiled by Numba {_version('numba')}, kept in {short}")


# --- pictures -------------------------------------------------------------------------------


def graphviz() -> Finding:
    """What lays out the drawings."""
    try:
        from symbook.render import layout

        used = layout.engine()
    except Exception as error:  # whatever it is, it is what the report must say
        return Finding("Graphviz", _reason(error), "install symbook again")
    if used.name == layout.OWN:
        return Finding("Graphviz", f"{used}: {used.remark}", pip_install("pygraphviz>=2.0"))
    if "pygraphviz" in used.name:
        return Finding(
            "Graphviz", f"Graphviz {used.version} (from pygraphviz {_version('pygraphviz')})"
        )
    return Finding("Graphviz", str(used))


# --- GPU ------------------------------------------------------------------------------------


def gpus() -> Finding:
    """The driver, CuPy, and the devices that it can use."""
    from symbook import driver

    served = driver.version()
    found = f"driver for CUDA {served[0]}.{served[1]}" if served else "no NVIDIA driver"
    if _is_absent("cupy") and served is None:
        return Finding("GPU", f"{found}, so none is used and CuPy is not needed")
    try:
        return _used_gpu(found)
    except Exception as error:  # CuPy's own errors are no built-in ones
        what, remedy = _gpu_trouble(error)
        names = " + ".join(gpu.name for gpu in driver.gpus())
        seen = f"{names}, {found}: " if names else ""
        if served is None:
            remedy += " Without a GPU, ignore this."
        return Finding("GPU", f"{seen}{what}", remedy)


def _used_gpu(found: str) -> Finding:
    """The first GPU, on which one addition is tried."""
    import symbook as mx

    context = mx.gpu(0)
    cupy: Any = context.xp
    total = float((mx.nd.ones(4, ctx=context) + 1).asnumpy().sum())
    if total != 8:
        return Finding("GPU", f"miscounts: 4·2 = {total:g}", "check the GPU with nvidia-smi")
    name = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode().removeprefix("NVIDIA ")
    free, whole = (round(size / 2**30, 1) for size in mx.context.gpu_memory_info(0))
    count = mx.num_gpus()
    several = f"{count} × " if count > 1 else ""
    memory = f"{free:g} of {whole:g} GiB free"
    return Finding(
        "GPU", f"{several}{_shorten(name, 18)}, {memory}, CuPy {cupy.__version__}, {found}"
    )


def _gpu_trouble(error: Exception) -> tuple[str, str]:
    """What is wrong, and what to do, from an error of using a GPU."""
    message, hint = getattr(error, "message", ""), getattr(error, "hint", "") or ""
    if not hint:
        return _reason(error), "`nvidia-smi` says whether the driver and its devices are well."
    remedy = hint.removeprefix("Run on mx.cpu(). ").rpartition("type: ")[
        2
    ]  # the line alone, if any
    return message.partition("cannot be used: ")[2], remedy


# --- notebooks ------------------------------------------------------------------------------


def kernel() -> Finding:
    """The kernel that runs the cells, and the one of our own that Jupyter offers."""
    version = _version("ipykernel")
    if version is None:
        return Finding("Kernel", "ipykernel is not installed", pip_install("ipykernel>=6.17"))
    found = f"ipykernel {version}, IPython {_version('ipython')}"
    own = _own_kernel()
    if own is not None:
        return Finding("Kernel", f"{found}, “{own}”")
    if _version("symbook") is None:
        return Finding("Kernel", f"{found}; symbook runs from a folder, without a kernel")
    return Finding("Kernel", f"{found}; Jupyter finds none of symbook's", "install symbook again")


def _own_kernel() -> str | None:
    """What Jupyter calls the kernel that comes with symbook; None where it does not find it."""
    try:
        from jupyter_core.paths import jupyter_path

        specs = (Path(folder, "symbook", "kernel.json") for folder in jupyter_path("kernels"))
        found = next(filter(Path.is_file, specs))
        return str(json.loads(found.read_text(encoding="utf-8"))["display_name"])
    except (ImportError, StopIteration, OSError, ValueError, LookupError):
        return None


def front_ends() -> Finding:
    """The programs that show notebooks."""
    found = [
        f"{label} {version}"
        for label, name in (("JupyterLab", "jupyterlab"), ("Notebook", "notebook"))
        if (version := _version(name)) is not None
    ]
    if not found:
        return Finding("Notebooks", "no JupyterLab", pip_install(LAB_REQUIREMENT))
    return Finding("Notebooks", ", ".join(found))


def widgets() -> Finding:
    """What shows the widgets, in Python and in the browser."""
    needed = {
        "ipywidgets": "ipywidgets>=7.7.1",
        "anywidget": "anywidget>=0.9.9",
        "jupyterlab_widgets": "jupyterlab_widgets",
    }
    versions = {name: _version(name) for name in needed}
    present = [f"{name} {version}" for name, version in versions.items() if version]
    absent = [needed[name] for name, version in versions.items() if version is None]
    if absent:
        found = ", ".join(present) or "none"
        return Finding("Widgets", f"{found}; some are missing", pip_install(*absent))
    return Finding("Widgets", ", ".join(present))


PROBES: tuple[Callable[[], Finding], ...] = (
    python,
    numpy,
    blas,
    engine,
    threads,
    loops,
    graphviz,
    gpus,
    kernel,
    front_ends,
    widgets,
)


def _is_absent(module: str) -> bool:
    return importlib.util.find_spec(module) is None


def _reason(error: BaseException) -> str:
    """An exception as a few words on one line."""
    # The remedy takes the place of the hint that our own errors end with.
    text = textwrap.shorten(re.split(r"\n\s*hint\b", str(error))[0], 60, placeholder="…")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
