"""Which device and which stream a thread works on."""

from __future__ import annotations

import threading
from typing import Any

from .world import Queue, World, world


class _Local(threading.local):
    def __init__(self) -> None:
        self.world: World | None = None
        self.device = 0
        self.streams: dict[int, Any] = {}
        self.entered: dict[int, list[Any]] = {}
        self.devices: list[int] = []


_local = _Local()


def _here() -> _Local:
    """The thread's own state; it is fresh in a new world."""
    if _local.world is not world():
        _local.world, _local.device, _local.streams = world(), 0, {}
        _local.entered, _local.devices = {}, []
    return _local


def device_now() -> int:
    """The number of the thread's current device."""
    return _here().device


def use_device(number: int) -> None:
    """Make a device the thread's current one."""
    _here().device = number


def current_stream(device: int | None = None) -> Any:
    """The thread's current stream of a device, None for the null stream."""
    return _here().streams.get(device_now() if device is None else device)


def use_stream(stream: Any, device: int) -> None:
    """Make a stream the thread's current one on its device."""
    _here().streams[device] = stream


def enter_stream(stream: Any) -> None:
    """Make a stream the thread's current one in a `with` statement."""
    here, device = _here(), device_now()
    here.entered.setdefault(device, [None]).append(stream)
    here.devices.append(device)
    use_stream(stream, device)


def leave_stream() -> None:
    """Go back to what was entered before; as in CuPy not to what was made the current one by `use`."""
    here = _here()
    device = here.devices.pop()
    here.entered[device].pop()
    use_stream(here.entered[device][-1], device)


def current_queue(device: int | None = None) -> Queue:
    """The queue that the thread's work on a device goes to, the current one by default."""
    stream = current_stream(device)
    queue: Queue = world().nulls[device_now() if device is None else device]
    return queue if stream is None else stream.queue  # type: ignore[no-any-return]
