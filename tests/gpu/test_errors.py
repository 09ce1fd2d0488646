"""What is said where a GPU cannot be used: which of the reasons it is, and what to type."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import symbook as mx
from symbook import context, driver
from symbook.cli import doctor
from symbook.errors import DeviceError
from symbook.remedies import pip_install, pip_uninstall

CUDA12, CUDA13 = "cupy-cuda12x[ctk]>=14", "cupy-cuda13x[ctk]>=14"
INSUFFICIENT = "cudaErrorInsufficientDriver: CUDA driver version is insufficient for CUDA runtime"


class CUDARuntimeError(RuntimeError):
    """As CuPy's: the code in `status`."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def fake_cupy(version="14.2.0", made_for=12090, devices=1, nvrtc=(12, 9)) -> ModuleType:
    """A module that answers, or raises, as CuPy does when it is asked what is there."""

    def answer(value):
        def ask():
            if isinstance(value, Exception):
                raise value
            return value

        return ask

    cupy = ModuleType("cupy")
    cupy.__spec__ = ModuleSpec("cupy", None)
    cupy.__version__ = version
    runtime = SimpleNamespace(
        getDeviceCount=answer(devices),
        runtimeGetVersion=answer(made_for),
        CUDARuntimeError=CUDARuntimeError,
    )
    cupy.cuda = SimpleNamespace(runtime=runtime, nvrtc=SimpleNamespace(getVersion=answer(nvrtc)))
    return cupy


@pytest.fixture
def machine(monkeypatch):
    """Make a machine: what `import cupy` gives or raises, what the driver serves, which GPUs there are."""

    def make(cupy=None, served=None, gpus=(), installed=()):
        monkeypatch.setattr(context, "_usable", {})
        monkeypatch.setattr(context, "_several", True)
        monkeypatch.setattr(driver, "version", lambda: served)
        monkeypatch.setattr(driver, "gpus", lambda: list(gpus))
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        find = importlib.metadata.distribution

        def distribution(name):
            if name.startswith("cupy") and name not in installed:
                raise importlib.metadata.PackageNotFoundError(name)
            return None if name in installed else find(name)

        monkeypatch.setattr(importlib.metadata, "distribution", distribution)
        if isinstance(cupy, Exception):
            monkeypatch.delitem(sys.modules, "cupy", raising=False)
            monkeypatch.setattr(sys, "meta_path", [_Refusing(cupy), *sys.meta_path])
        else:  # None in sys.modules is a module that is not there
            monkeypatch.setitem(sys.modules, "cupy", cupy)

    return make


class _Refusing:
    """A finder and loader of a CuPy that is there, and that raises when it is imported."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self) if name == "cupy" else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        raise self._error


def broken_import(reason: str) -> ImportError:
    """As CuPy raises it: a page of advice around the loader's own error."""
    error = ImportError("\n=====\nFailed to import CuPy.\n\nOriginal error:\n  …\n=====\n")
    error.__cause__ = ImportError(reason)
    return error


def typed(line: str, cuda: str) -> str:
    return f"Run on mx.cpu(). For the driver here, CUDA {cuda}, type: {line}"


UPDATE = "Run on mx.cpu(). Update the NVIDIA driver: CuPy needs one for CUDA 12 or later."
VOLTA, HOPPER = driver.Gpu("V100", (7, 0)), driver.Gpu("H100", (9, 0))
exchange12 = f"{pip_uninstall('cupy-cuda13x')}; then: {pip_install(CUDA12)}"

CASES = {
    "nothing": (
        {},
        "CuPy is not installed, and no NVIDIA driver was found",
        "Run on mx.cpu(). Install the driver of your GPU; `symbook doctor` then says which CuPy fits it.",
    ),
    "no CuPy, driver for 12": (
        {"served": (12, 4)},
        "CuPy is not installed",
        typed(pip_install(CUDA12), "12.4"),
    ),
    "no CuPy, driver for 13": (
        {"served": (13, 0), "gpus": [HOPPER]},
        "CuPy is not installed",
        typed(pip_install(CUDA13), "13.0"),
    ),
    "no CuPy, driver for 13, a GPU that CUDA 13 left behind": (
        {"served": (13, 0), "gpus": [HOPPER, VOLTA]},
        "CuPy is not installed",
        typed(pip_install(CUDA12), "13.0"),
    ),
    "no CuPy, driver too old": (
        {"served": (11, 4)},
        "CuPy is not installed, and the NVIDIA driver is too old: it serves CUDA 11.4",
        UPDATE,
    ),
    "CuPy without libcuda": (
        {
            "cupy": broken_import("libcuda.so.1: cannot open shared object file"),
            "installed": ["cupy-cuda12x"],
        },
        "CuPy cannot be loaded: libcuda.so.1: cannot open shared object file",
        "Run on mx.cpu(). No NVIDIA driver was found: install the driver of your GPU first.",
    ),
    "CuPy with a library missing": (
        {
            "cupy": broken_import("libnvrtc.so.13: cannot open shared object file"),
            "served": (12, 4),
            "installed": ["cupy-cuda13x"],
        },
        "CuPy cannot be loaded: libnvrtc.so.13: cannot open shared object file",
        typed(exchange12, "12.4"),
    ),
    "CuPy that lacks a module": (
        {
            "cupy": ModuleNotFoundError("No module named 'cuda'", name="cuda"),
            "served": (12, 4),
            "installed": ["cupy-cuda12x"],
        },
        "CuPy cannot be loaded: No module named 'cuda'",
        typed(pip_install(CUDA12), "12.4"),
    ),
    "an old CuPy": (
        {"cupy": fake_cupy(version="12.3.0"), "served": (12, 4), "installed": ["cupy-cuda11x"]},
        "CuPy 12.3.0 is older than 14",
        typed(f"{pip_uninstall('cupy-cuda11x')}; then: {pip_install(CUDA12)}", "12.4"),
    ),
    "CuPy, no driver": (
        {"cupy": fake_cupy(devices=CUDARuntimeError(35, INSUFFICIENT))},
        "there is no NVIDIA driver here",
        "Run on mx.cpu(). Install the driver of your GPU.",
    ),
    "CuPy for 13, driver for 12": (
        {
            "cupy": fake_cupy(made_for=13000, devices=CUDARuntimeError(35, INSUFFICIENT)),
            "served": (12, 4),
            "installed": ["cupy-cuda13x"],
        },
        "CuPy is made for CUDA 13, and the NVIDIA driver serves CUDA 12.4",
        typed(exchange12, "12.4"),
    ),
    "CuPy, driver too old": (
        {"cupy": fake_cupy(devices=CUDARuntimeError(35, INSUFFICIENT)), "served": (11, 4)},
        "CuPy is made for CUDA 12, and the NVIDIA driver serves CUDA 11.4",
        UPDATE,
    ),
    "no device": (
        {"cupy": fake_cupy(devices=CUDARuntimeError(100, "cudaErrorNoDevice")), "served": (12, 4)},
        "CUDA finds no GPU here",
        "Run on mx.cpu(). `nvidia-smi` says what the driver sees.",
    ),
    "zero devices": (
        {"cupy": fake_cupy(devices=0), "served": (12, 4)},
        "CUDA finds no GPU here",
        "Run on mx.cpu(). `nvidia-smi` says what the driver sees.",
    ),
    "a driver that was changed": (
        {"cupy": fake_cupy(devices=CUDARuntimeError(803, "mismatch")), "served": (12, 4)},
        "CUDA could not start: mismatch",
        "Run on mx.cpu(). The driver was changed while it was in use: restart the machine.",
    ),
    "an error of its own": (
        {"cupy": fake_cupy(devices=CUDARuntimeError(999, "cudaErrorUnknown")), "served": (12, 4)},
        "CUDA could not start: cudaErrorUnknown",
        "Run on mx.cpu(). `nvidia-smi` says whether the driver and its devices are well.",
    ),
    "no compiler": (
        {
            "cupy": fake_cupy(nvrtc=RuntimeError("CuPy failed to load libnvrtc.so.12: OSError\n…")),
            "served": (12, 4),
            "installed": ["cupy-cuda12x"],
        },
        "CuPy cannot compile kernels: CuPy failed to load libnvrtc.so.12: OSError",
        typed(pip_install(CUDA12), "12.4"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_and_what_to_type(machine, case):
    given, what, hint = CASES[case]
    machine(**given)
    a = mx.sym.Variable("a")
    for use in (
        lambda: mx.nd.zeros((2,), ctx=mx.gpu(0)),
        lambda: mx.nd.array([1], ctx=mx.gpu(0)),
        lambda: mx.nd.ones((2,)).as_in_context(mx.gpu(0)),
        lambda: mx.random.seed(1, ctx=mx.gpu(0)),
        lambda: mx.context.gpu_memory_info(0),
        lambda: (a + 1).simple_bind(mx.gpu(0), a=(2,)),
        lambda: (a + 1).bind(mx.gpu(0), {"a": mx.nd.ones((2,))}),
    ):
        with pytest.raises(DeviceError) as caught:
            use()
        assert caught.value.message == f"gpu(0) cannot be used: {what}"
        assert caught.value.hint == hint
        assert caught.value.__cause__ is None  # one error, not a chain of them
        assert caught.value.__suppress_context__


@pytest.mark.parametrize("case", CASES)
def test_the_doctor_says_the_same(machine, case):
    given, what, hint = CASES[case]
    machine(**given)
    finding = doctor.gpus()
    assert not finding.broken
    if not given:
        assert not finding.remedy
        return
    assert finding.found.endswith(what)
    remedy = hint.removeprefix("Run on mx.cpu(). ").rpartition("type: ")[2]
    assert finding.remedy.removesuffix(" Without a GPU, ignore this.") == remedy


def test_a_number_beyond_the_devices(machine):
    machine(cupy=fake_cupy(devices=2), served=(12, 4))
    with pytest.raises(DeviceError) as caught:
        mx.nd.zeros((2,), ctx=mx.gpu(2))
    assert caught.value.message == "gpu(2) cannot be used: there are only 2 GPUs here"
    assert caught.value.hint == "Run on mx.cpu(). Use mx.gpu(0) to mx.gpu(1)."
    machine(cupy=fake_cupy(devices=1), served=(12, 4))
    with pytest.raises(DeviceError, match=r"gpu\(1\) cannot be used: there is only 1 GPU here"):
        mx.nd.zeros((2,), ctx=mx.gpu(1))


def test_devices_that_the_environment_hides(machine, monkeypatch):
    machine(cupy=fake_cupy(devices=CUDARuntimeError(100, "cudaErrorNoDevice")), served=(12, 4))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(DeviceError, match="CUDA finds no GPU here, with CUDA_VISIBLE_DEVICES=''"):
        mx.nd.zeros((2,), ctx=mx.gpu(0))


@pytest.mark.parametrize("case", CASES)
def test_num_gpus_raises_nothing(machine, case):
    given, _, _ = CASES[case]
    machine(**given)
    # With devices that cannot be computed on, they are still counted.
    assert mx.num_gpus() == (1 if case in ("no compiler", "an old CuPy") else 0)


def test_the_devices_are_counted_once(machine):
    cupy = fake_cupy(devices=1)
    machine(cupy=cupy, served=(12, 4))
    assert mx.gpu(0).xp is cupy
    cupy.cuda.runtime.getDeviceCount = None
    assert mx.gpu(0).xp is cupy
    assert context.used_gpus() == [mx.gpu(0)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_a_forked_child_asks_anew():
    program = """
import os, sys
import symbook as mx
from symbook import context
context._usable[0] = sys
child = os.fork()
if child == 0:
    os._exit(len(context._usable))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), len(context._usable))
"""
    root = Path(mx.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["0", "1"]


def test_naming_a_gpu_needs_none():
    program = """
import sys
import symbook as mx
context = mx.gpu(3)
with context:
    assert mx.current_context() == context
(mx.sym.Variable("a") + 1).infer_shape(a=(2,))
assert not {"cupy", "symbook.driver", "symbook.diagnosis"} & set(sys.modules)
"""
    root = Path(mx.__file__).parent.parent
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True)


def test_what_nvidia_smi_prints_is_read(monkeypatch):
    text = "9.0, NVIDIA H100 80GB HBM3\n7.0, Tesla V100-SXM2-16GB\n"
    monkeypatch.setattr(driver, "_smi", lambda *options: text)
    assert driver.gpus() == [
        driver.Gpu("NVIDIA H100 80GB HBM3", (9, 0)),
        driver.Gpu("Tesla V100-SXM2-16GB", (7, 0)),
    ]
    monkeypatch.setattr(driver, "_smi", lambda *options: "No devices were found\n")
    assert driver.gpus() == []


def test_an_nvidia_smi_that_fails_lists_nothing(monkeypatch, tmp_path):
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 9.0, half a GPU\nexit 9\n")
    tool.chmod(0o755)
    monkeypatch.setattr(driver.shutil, "which", lambda name: str(tool))
    assert driver.gpus() == []
    tool.write_text("#!/bin/sh\necho 9.0, a whole GPU\n")
    assert driver.gpus() == [driver.Gpu("a whole GPU", (9, 0))]


class _Library:
    def __init__(self, status: int, version: int) -> None:
        self._status, self._version = status, version

    def cuDriverGetVersion(self, reference):
        reference._obj.value = self._version
        return self._status


@pytest.mark.parametrize(
    ("status", "number", "version"),
    [(0, 12040, (12, 4)), (0, 13000, (13, 0)), (0, 11080, (11, 8)), (0, 0, None), (3, 12040, None)],
)
def test_the_version_that_the_driver_serves(monkeypatch, status, number, version):
    monkeypatch.setattr(driver.ctypes, "CDLL", lambda name: _Library(status, number))
    assert driver.version() == version


def test_no_driver(monkeypatch):
    def refuse(name):
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(driver.ctypes, "CDLL", refuse)
    assert driver.version() is None


def test_arrays_on_the_cpu_do_without():
    assert mx.cpu().xp is np
    assert not mx.cpu_pinned().is_gpu
