"""Why a GPU cannot be used, and what to type: looked for only where using one has failed."""

from __future__ import annotations

import importlib.metadata
import os
from typing import Any, NamedTuple

from . import driver
from .errors import counted
from .remedies import CUPY_REQUIREMENT, fitting_cuda, pip_install, pip_uninstall

LEAST_CUPY = 14
"""The oldest major version of CuPy that this is made for, as in our extras."""

_DISTRIBUTIONS = ("cupy-cuda11x", "cupy-cuda12x", "cupy-cuda13x", "cupy")
# Codes of CUDA's errors (driver_types.h).
_NOT_STARTED, _DRIVER_TOO_OLD, _NO_DEVICE, _MISMATCH = 3, 35, 100, 803
_UPDATE = "Update the NVIDIA driver: CuPy needs one for CUDA 12 or later."


class Trouble(NamedTuple):
    """What is wrong, as a clause, and a sentence that says what to do."""

    what: str
    remedy: str


def no_cupy() -> Trouble:
    """CuPy is not installed."""
    served = driver.version()
    if served is None:
        return Trouble(
            "CuPy is not installed, and no NVIDIA driver was found",
            "Install the driver of your GPU; `symbook doctor` then says which CuPy fits it.",
        )
    cuda = _fitting(served)
    if cuda is None:
        old = f"the NVIDIA driver is too old: it serves {_cuda(served)}"
        return Trouble(f"CuPy is not installed, and {old}", _UPDATE)
    line = pip_install(CUPY_REQUIREMENT[cuda])
    return Trouble("CuPy is not installed", f"For the driver here, {_cuda(served)}, type: {line}")


def unloadable(error: BaseException) -> Trouble:
    """`import cupy` raised this error."""
    reason = error
    while reason.__cause__ is not None:  # CuPy puts a page of advice around the reason
        reason = reason.__cause__
    lines = str(reason).strip().split("\n")
    return Trouble(f"CuPy cannot be loaded: {lines[0]}", _other_cupy(driver.version()))


def too_old(version: str) -> Trouble:
    """CuPy is older than what this is made for."""
    return Trouble(f"CuPy {version} is older than {LEAST_CUPY}", _other_cupy(driver.version()))


def uncounted(error: Any, made_for: int) -> Trouble:
    """CUDA's own error when CuPy, which is made for that version of it, asked for the devices."""
    status = getattr(error, "status", None)
    served = driver.version()
    if status == _DRIVER_TOO_OLD and served is None:
        return Trouble("there is no NVIDIA driver here", "Install the driver of your GPU.")
    if status == _DRIVER_TOO_OLD and served is not None and served[0] < made_for // 1000:
        what = f"CuPy is made for CUDA {made_for // 1000}, and the NVIDIA driver serves {_cuda(served)}"
        return Trouble(what, _other_cupy(served))
    if status == _NO_DEVICE:
        return no_devices()
    what = f"CUDA could not start: {error}"
    if status == _NOT_STARTED:
        return Trouble(
            what,
            "A process that was forked from one that used a GPU can use none: start processes with "
            "multiprocessing's 'spawn'.",
        )
    if status == _MISMATCH:
        return Trouble(what, "The driver was changed while it was in use: restart the machine.")
    return Trouble(what, "`nvidia-smi` says whether the driver and its devices are well.")


def no_devices() -> Trouble:
    """There is a driver, and CUDA lists no device."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return Trouble(
            f"CUDA finds no GPU here, with CUDA_VISIBLE_DEVICES={visible!r}",
            "Unset that variable, or let it list devices as `nvidia-smi` numbers them.",
        )
    return Trouble("CUDA finds no GPU here", "`nvidia-smi` says what the driver sees.")


def no_such_device(count: int) -> Trouble:
    """There are fewer devices than the number asked for."""
    verb = "is" if count == 1 else "are"
    last = "mx.gpu(0)" if count == 1 else f"mx.gpu(0) to mx.gpu({count - 1})"
    return Trouble(f"there {verb} only {counted(count, 'GPU')} here", f"Use {last}.")


def no_compiler(error: BaseException) -> Trouble:
    """CuPy cannot load NVRTC, which compiles kernels."""
    reason = str(error).strip().split("\n")[0]
    return Trouble(f"CuPy cannot compile kernels: {reason}", _other_cupy(driver.version()))


def _other_cupy(served: tuple[int, int] | None) -> str:
    """What to type so that a CuPy that fits the driver stands in place of the one that is there."""
    if served is None:
        return "No NVIDIA driver was found: install the driver of your GPU first."
    cuda = _fitting(served)
    if cuda is None:
        return _UPDATE
    wanted = CUPY_REQUIREMENT[cuda]
    others = [name for name in _installed() if name != wanted.split("[")[0]]
    lines = [*([pip_uninstall(*others)] if others else []), pip_install(wanted)]
    return f"For the driver here, {_cuda(served)}, type: {'; then: '.join(lines)}"


def _installed() -> list[str]:
    found = []
    for name in _DISTRIBUTIONS:
        try:
            importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        found.append(name)
    return found


def _fitting(served: tuple[int, int]) -> int | None:
    # Only CUDA 13 leaves devices out, so only then is it worth asking for them.
    capabilities = [gpu.capability for gpu in driver.gpus()] if served[0] > 12 else None
    return fitting_cuda(served, capabilities)


def _cuda(version: tuple[int, int]) -> str:
    return f"CUDA {version[0]}.{version[1]}"
