"""What is different in an executor's runs, written out as Python, when it is on a GPU.

Nothing is entered for a run, which would take as long as a launch: it is given up, for one that takes its
turn, unless the device and the stream that are current are those of the run before. Where all of it are
kernels of ours, the steps' lines are run a few times, captured as a CUDA graph, and from then on skipped.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from .held import unheld
from .in_flight import Flight, launched
from .plan import ADD, Plan, Step
from .runners.cuda import Branches
from .runners.cuda_graphs import Graphs
from .runners.straight import Script
from .runners.streams import BEGIN, END, MAIN
from .specs import known
from .turns import Turns


class OnGpu(NamedTuple):
    """The GPU of an executor, as what is written out sees it.

    Attributes
    ----------
    xp : module
        CuPy.
    device : int
    turns : Turns
        A `DeviceTurns`.
    flight : Flight
        What is said of the run when an error shows after it.
    graphs : Graphs or None
        The captured runs; None for a plan that cannot be captured.
    branches : Branches or None
        The streams; None for a plan that runs on one.
    """

    xp: Any
    device: int
    turns: Turns
    flight: Flight
    graphs: Graphs | None
    branches: Branches | None

    def enter(self, script: Script) -> None:
        """Append what gives a run up that is called on another device or stream, or out of turn."""
        device = script.bound("current_device", self.xp.cuda.get_device_id)
        stream = script.bound("current_stream", self.xp.cuda.get_current_stream)
        turns = script.bound("turns", self.turns)
        script.add(
            f"if not in_turn and ({turns}.taken or {device}() != {self.device} "
            f"or {stream}().ptr != {turns}.stream):"
        )
        script.add("    return None")

    def held(self, script: Script, raw: str) -> str:
        """The rest of a condition: or somebody has an array's memory without the array."""
        count = script.bound("references", sys.getrefcount)
        pointer, memory = unheld(self.xp)
        return f" or {count}({raw}.data) > {pointer} or {count}({raw}.data.mem) > {memory}"

    def note(self, script: Script) -> None:
        """Append what notes that the run is in flight."""
        turns = script.bound("turns", self.turns)
        flight = script.bound("flight", self.flight)
        script.add(f"{script.bound('launched', launched)}[{flight}] = {turns}.stream")


def on_streams(
    script: Script, plan: Plan, memory: Callable[[Step], Sequence[str]], branches: Branches
) -> None:
    """Append the steps of a plan with several streams, and what orders them.

    Parameters
    ----------
    memory : callable
        For a step, what the memory is called that its results are written to.
    """
    commands = branches.assignment.commands
    streams = [script.local("main")]
    streams += [script.local(f"side{k}") for k in range(1, max(branches.assignment.sides) + 1)]
    script.add(f"with {script.bound('branches', branches)} as [{', '.join(streams)}]:")
    now = MAIN
    with script.indented():
        for act, stream, number in commands:
            if act == "run":
                if stream != now:
                    script.add(f"{streams[stream]}.use()")
                    now = stream
                script.step(plan.steps[number], memory(plan.steps[number]))
                continue
            name = {BEGIN: "begin", END: "end"}.get(number, f"event{number}")
            event = script.bound(name, branches.events[number])
            if act == "record":
                script.add(f"{event}.record({streams[stream]})")
            else:
                script.add(f"{streams[stream]}.wait_event({event})")


def forward_captured(
    script: Script,
    plan: Plan,
    memory: Mapping[int, str],
    bound: Sequence[int],
    buffers: Mapping[int, str],
    kept: frozenset[int],
    graphs: Graphs,
    lent: Callable[[], Mapping[int, str]],
) -> None:
    """Append the steps of a plan that can be captured.

    Parameters
    ----------
    memory, buffers : mapping of int to str
        For outputs, and for slots in shared buffers, what their memory is called.
    bound : sequence of int
        Slots of arrays bound.
    kept : frozenset of int
        Slots that are read after the run.
    lent : callable
        Appends lines that give slots in the memory of outputs names, and gives the names.
    """
    varying = [script.name(slot) for slot in bound if script.has(slot)]
    _steps(script, plan, {**memory, **buffers}, [*varying, *memory.values()], kept, graphs, lent)


def backward_captured(
    script: Script, plan: Plan, memory: Mapping[int, str], read: Sequence[int], gpu: OnGpu
) -> None:
    """Append the steps of a plan of gradients that can be captured. Each gradient is given memory."""
    targets = {}
    for slot in plan.outputs:
        if slot in plan.sums:
            continue  # it is added to what is read
        spec = plan.specs[slot]
        name = targets[slot] = script.local(f"gradient{slot}")
        new = f"{script.bound('empty', gpu.xp.empty)}({known(spec.shape)}, "
        new += f"{script.bound(str(spec.dtype), spec.dtype)})"
        script.add(f"{name} = into[{slot}]")
        script.add(f"if {name} is None:")
        script.add(f"    {name} = {new}")
    varying = [*map(script.name, read), *targets.values()]
    assert gpu.graphs is not None
    inner = {slot: name for slot, name in memory.items() if name != "None"}
    _steps(script, plan, {**inner, **targets}, varying, plan.sinks, gpu.graphs, dict)


def _steps(
    script: Script,
    plan: Plan,
    memory: Mapping[int, str],
    varying: Sequence[str],
    kept: frozenset[int],
    graphs: Graphs,
    lent: Callable[[], Mapping[int, str]],
) -> None:
    """Append a plan's steps, to be launched one by one or as a graph.

    Parameters
    ----------
    memory : mapping of int to str
        For the results of steps, what the memory is called that they are in.
    varying : sequence of str
        What arrays are called whose memory may be another in each run.
    """
    script.names(memory)
    _views(script, plan, kept)
    key = ", ".join(f"{name}.data.ptr" for name in varying)
    script.add(f"for issue in {script.bound('graphs', graphs)}(({key},)):")
    with script.indented():
        script.add("with issue:")
        with script.indented():
            places = {**memory, **lent()}
            script.names(places)
            for step in plan.steps:
                _launch(script, step, places)


def _launch(script: Script, step: Step, places: Mapping[int, str]) -> None:
    if step.op is ADD:
        script.names({step.outs[0]: script.name(step.ins[0])})
        script.launch(step, ["None"])
    elif not step.op.view:
        script.launch(step, [places[slot] for slot in step.outs])
    elif not script.has(step.outs[0]):
        script.step(step, ["None"])


def _views(script: Script, plan: Plan, kept: frozenset[int]) -> None:
    """Append the steps that make views which are read after the run: they need no values."""
    wanted = set(kept)
    chosen = []
    for step in reversed(plan.steps):
        if step.op.view and step.op is not ADD and not wanted.isdisjoint(step.outs):
            wanted.update(step.ins)
            chosen.append(step)
    for step in reversed(chosen):
        script.step(step, ["None"])
