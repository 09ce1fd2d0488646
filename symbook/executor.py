"""`Executor`: a graph bound to arrays, ready to run. The only part of the engine that keeps state.

Outputs. `executor.outputs` are handles that always show the latest run. What `forward()` returned earlier
and somebody still holds is never overwritten: when an output's memory is referenced from outside, the next
run takes new memory, else the old is used again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, NoReturn

import numpy as np

from . import in_flight, runners, scripts, underway, unfinished, written
from .arguments import Bound, Gradients, is_array, matched, reshaped, seeds_by_head, specs_of
from .context import Context
from .delivery import Delivery
from .device_scripts import OnGpu
from .device_turns import turns_on
from .differentiated import Differentiated, differentiated
from .errors import (
    ArgumentError,
    BindError,
    LookupFailure,
    ShapeError,
    calling_users,
    counted,
    kind_of,
    listed,
    one_of,
    shape_text,
)
from .graph import Entry, Graph, Pin
from .held import is_held
from .ndarray import NDArray
from .ndarray.storage import (
    about_to_write,
    contiguous,
    moved,
    owner,
    placed,
    require_writable,
    same_memory,
    watched,
    within,
)
from .passes import optimised
from .passes.contexts import Placed, on_contexts, require_served
from .passes.rewrite import Typed
from .passes.stages import Stages
from .plan import Plan, Program, compile
from .recorded import keeping, to_read, to_show
from .runners import Runner, watch
from .runners.base import note
from .runners.cuda import CudaRunner
from .runners.cuda_graphs import Graphs, can_capture
from .runners.done import of_slots
from .runners.straight import MOST_STEPS, Script
from .runners.trace import Times, Trace, record, renumbered, timed, trace_of
from .scripts import Output, Places
from .shortage import require_memory
from .specs import Spec, known
from .symbol import Symbol
from .symbol.writing import debug_text
from .to_make import ToMake
from .turns import Turns, in_turn, turned_away
from .underway import act, tells
from .written import Written

Callback = Callable[[str, NDArray], object]


class _Run(NamedTuple):
    """The latest forward run, as `backward` goes on from it."""

    program: Program
    slots: list[Any]


class Executor:
    """A symbol bound to arrays. Made by `Symbol.bind` and `Symbol.simple_bind`.

    One executor may be used from several threads: runs take turns. An operator may run other executors, and
    on the thread that called also its own. A run that would wait for itself is refused with a DeadlockError.

    Attributes
    ----------
    arg_dict, aux_dict : dict of str to NDArray
        The arrays bound; the very ones that were given.
    grad_dict : dict of str to NDArray or None
        For each argument, the array that `backward` writes its gradient to; None where none was given.
    arg_arrays, grad_arrays, aux_arrays : list of NDArray
        The same, in the order of `list_arguments` and `list_auxiliary_states`.
    outputs : list of NDArray
        Handles that show the outputs of the latest run; zeros before the first.
    stages : Stages
        What the optimiser's passes made of the graph, one after another.
    plan, backward_plan : Plan
        The steps that `forward` and `backward` run; `print(executor.plan)` reads well. Without gradients,
        `backward_plan` is None.
    """

    _predicts: Written | None
    _trains: Written | None
    _written: dict[Plan, Written]

    def __init__(
        self,
        symbol: Symbol,
        ctx: Context,
        args: Mapping[str, NDArray],
        aux: Mapping[str, NDArray],
        grads: Gradients,
        specs: list[tuple[Spec, ...]],
        runner: str,
        groups: Mapping[str, Context] | None = None,
        optimize: bool = True,
        to_make: ToMake | None = None,
    ) -> None:
        # Before all arrays: what comes first goes first, and may have streams wait.
        self._turns = Turns()
        self._symbol, self._ctx, self._grads = symbol, ctx, grads
        self._graph = symbol.graph
        self.arg_dict: dict[str, NDArray] = Bound(args)
        self.aux_dict: dict[str, NDArray] = Bound(aux)
        self.grad_dict: dict[str, NDArray | None] = {
            name: grads.arrays.get(name) for name in self.arg_dict
        }
        self._groups, self._optimize = groups, optimize
        self._runner_name = runner
        with placed(ctx):
            self._make(specs, to_make)

    def _make(self, specs: list[tuple[Spec, ...]], to_make: ToMake | None) -> None:
        """Compile, and make what is kept between runs."""
        ctx, grads, groups = self._ctx, self._grads, self._groups
        self._whole: Differentiated = differentiated(self._graph, specs, grads.wanted)
        self._placed = None if groups is None else self._place(groups)
        if self._placed is not None:
            require_served(self._placed.graph, self._placed.contexts)
        elif ctx.is_gpu:
            require_served(self._whole.graph, [ctx] * len(self._whole.graph.nodes))
        pins = self.graph.changed
        self._changes = {self.graph.nodes[pin.node].name for pin in pins}
        self._program: Program = self._compile(predicts=not grads.wanted)
        bound = [*self.arg_dict.values(), *self.aux_dict.values()]
        require_memory(self._program, ctx, [*bound, *grads.arrays.values()])
        if to_make is not None:
            to_make.make()
        self._delivery = Delivery(grads, self._whole.targets, bound)
        self._places = {
            slot: step.ctx for step in self.plan.steps if step.ctx for slot in step.outs
        }
        self._observed: dict[bool, Program] = {}
        self._observers: dict[tuple[str, Plan], Runner] = {}
        self._running = False
        self._runs: dict[Plan, int] = {}
        self._runner = self._chosen_runner()
        self._monitor: tuple[Callback, bool] | None = None
        self._into: list[Any] | None = None
        self._ran: list[_Run | None] = [None]
        self.outputs: list[NDArray] = [
            NDArray(self._new(slot, True), self._place_of(slot)) for slot in self.plan.outputs
        ]
        self._shown = self._outputs(self.plan, self.outputs)
        self._latest: list[NDArray | None] = [None] * len(self._shown)
        self._turns = turns_on(ctx, self._contexts, self.outputs)

    @property
    def _contexts(self) -> Sequence[Context]:
        """Where parts of the graph are, if they are on several contexts."""
        return () if self._placed is None else self._placed.contexts

    def _chosen_runner(self) -> Runner:
        return runners.choose(self._runner_name, *self._program.plans, ctx=self._ctx)

    def __str__(self) -> str:
        # The other form is the tutorial's: <symbook.executor.Executor object at 0x…>.
        mode = "" if self._optimize else ", not optimised"
        return (
            f"<Executor of {self._symbol.name or listed(self._symbol.list_outputs())} on {self._ctx}: "
            f"{counted(len(self.arg_dict), 'argument')}, {counted(len(self.plan.steps), 'step')}{mode}>"
        )

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise ArgumentError(
            "an executor cannot be copied or sent to another process: it is bound to this one's arrays",
            hint="Copy or send the symbol and the arrays, and bind them anew.",
        )

    def _outputs(self, plan: Plan, handles: Sequence[NDArray]) -> list[Output]:
        writes = {slot for step in plan.steps if step.op.takes_out for slot in step.outs}
        return [
            Output(slot, handle, handle._ctx, slot in writes)
            for slot, handle in zip(plan.outputs, handles, strict=True)
        ]

    def _place(self, groups: Mapping[str, Context]) -> Placed:
        whole = self._whole
        bound = {**self.arg_dict, **self.aux_dict}
        contexts = {name: array.context for name, array in bound.items()}
        return on_contexts(whole.graph, whole.specs, self._ctx, groups, contexts)

    def _compile(
        self,
        reuse: bool = True,
        keep: bool = False,
        predicts: bool = False,
        optimize: bool | None = None,
    ) -> Program:
        with placed(self._ctx):
            wanted = reuse if optimize is None else optimize
            return self._compiled(reuse, keep, predicts, self._optimize and wanted)

    def _compiled(self, reuse: bool, keep: bool, predicts: bool, optimize: bool) -> Program:
        whole, parts, xp = self._whole, self._placed, self._ctx.xp
        if parts is None:
            reqs = [self._grads.reqs[name] for name in whole.targets]
            added = {whole.heads + k for k, req in enumerate(reqs) if req == "add"}
            return compile(
                whole.graph, whole.specs, xp, reuse=reuse, heads=whole.heads,
                optimize=optimize, keep=keep, added=added if reuse else (),
                predicts=predicts,
            )  # fmt: skip
        # Buffers are in one memory; values in another are made there.
        one = all(same_memory(self._ctx, place) for place in parts.contexts)
        return compile(
            parts.graph, parts.specs, xp,
            reuse=reuse and one, heads=whole.heads, contexts=parts.contexts,
        )  # fmt: skip

    def _place_of(self, slot: int) -> Context:
        return self._places.get(slot, self._ctx)

    # What it is bound to

    @property
    def symbol(self) -> Symbol:
        """The symbol that was bound."""
        return self._symbol

    @property
    def graph(self) -> Graph:
        """The graph that is run, as it was written: the symbol's outputs, then gradients."""
        return self._whole.graph

    @property
    def optimized_graph(self) -> Graph:
        """The graph that the optimiser made of `graph`; `graph` itself where it made none.

        It is what `attempt(optimized=True)` records.
        """
        stages = self._program_of(True).stages
        return stages[-1].graph if stages else self._whole.graph

    @property
    def adjoints(self) -> Mapping[Pin, Entry]:
        """For values of the symbol's graph, the entry of `graph` that is their gradient."""
        return self._whole.adjoints

    @property
    def seeds(self) -> Sequence[str | None]:
        """For each output, the variable of `graph` that stands for its gradient; None where none is read."""
        return self._whole.seeds

    @property
    def requirements(self) -> Mapping[str, str]:
        """For each argument that a gradient's array was given for, its `grad_req`: write, add or null."""
        return dict(self._grads.reqs)

    @property
    def plan(self) -> Plan:
        """The steps that `forward` runs."""
        return self._program.predict

    @property
    def stages(self) -> Stages:
        """The graph as it was and as each pass of the optimiser left it; `print` says what was done.

        Each stage has a name, a graph, its specs and notes: one for each node that was left out, merged,
        changed, computed beforehand or removed, with the reason. They are made anew when asked for. There
        are none without the optimiser, nor of a graph whose parts are on several contexts.
        """
        return self._compile(keep=True, predicts=self._program.only_predicts).stages

    @property
    def source(self) -> str:
        """`forward()` as Python: what runs when a small graph has run a few times, a line for each step.

        An array's name stands for its memory; `buffer0` and so on are memory that values share. After some
        thousand runs, lines of arithmetic become calls of compiled loops, `loop0` and so on, if Numba is
        there; their text is shown before.
        """
        found = self._written.get(self.plan)
        if found is None:
            with placed(self._ctx):
                return self._forward_script(self.plan)().listing
        return found.source

    @property
    def backward_source(self) -> str | None:
        """`backward()` after a run in training as Python, like :attr:`source`; None if no gradient is wanted.

        It reads from `s` what forward kept and the gradients of outputs, and writes into `into`.
        """
        plan = self.backward_plan
        if plan is None:
            return None
        found = self._written.get(plan)
        if found is None:
            with placed(self._ctx):
                return self._backward_script(plan)().listing
        return found.source

    @property
    def backward_plan(self) -> Plan | None:
        """The steps that `backward` runs; None when no gradient is wanted."""
        return self._program.backward

    @property
    def arg_arrays(self) -> list[NDArray]:
        """The arguments' arrays in the order of `list_arguments`."""
        return list(self.arg_dict.values())

    @property
    def aux_arrays(self) -> list[NDArray]:
        """The auxiliary states' arrays in the order of `list_auxiliary_states`."""
        return list(self.aux_dict.values())

    @property
    def grad_arrays(self) -> list[NDArray | None] | None:
        """The gradients' arrays in the order of `list_arguments`; None when none was given."""
        return list(self.grad_dict.values()) if self._grads.given else None

    @property
    def output_dict(self) -> dict[str, NDArray]:
        """The outputs by name.

        Raises
        ------
        LookupFailure
            If two outputs have one name; use `outputs`. A ValueError.
        """
        names = self._symbol.list_outputs()
        if len(set(names)) < len(names):
            raise LookupFailure(
                f"outputs share a name: {listed(names)}",
                hint="Use executor.outputs, by position.",
            )
        return dict(zip(names, self.outputs, strict=True))

    # Running

    @act("forward")
    def forward(self, is_train: bool | int = False, **kwargs: Any) -> list[NDArray]:
        """Run the graph on the arrays bound.

        When a run fails or is interrupted, each of `outputs` still has the value of the run before, or, where
        its memory may be half new, none: it raises UnfinishedError until the next run. The arrays bound are
        as they were, but for states and arguments that operators change, and values that were being copied
        in.

        Parameters
        ----------
        is_train : bool
            Whether operators that differ in training, such as Dropout, act as in training.
        **kwargs : NDArray or numpy.ndarray
            Arguments by name, copied into the arrays bound before running.

        Returns
        -------
        list of NDArray
            The outputs. They are yours: no later run overwrites them.

        Raises
        ------
        ArgumentError
            If a name is no argument, or `is_train` is neither True nor False. A TypeError.
        BindError
            If a value is no array. A ValueError.
        ShapeError
            If a value's shape is not the argument's. A ValueError.
        """
        if is_train is not False and is_train is not True:
            is_train = self._mode(is_train)
        quick = self._trains if is_train else self._predicts
        announced = watched and self._changes
        if quick is not None and not kwargs and watch.told is None and not announced:
            try:
                outputs: list[NDArray] | None = quick.enter(quick.function)
            except BaseException as error:
                if not turned_away(error):
                    if isinstance(error, Exception):
                        quick.explain(error)
                    self._give_up(error)
                    raise
            else:
                if outputs is not None:
                    return outputs
        return self._forward_in_turn(bool(is_train), kwargs)

    def _mode(self, is_train: Any) -> bool:
        """Whether to train, from what a caller gave that is neither True nor False."""
        if isinstance(is_train, (int, np.bool_, np.integer)):
            return bool(is_train)
        name = next(iter(self.arg_dict), "A")
        raise ArgumentError(
            f"is_train is True or False, not {kind_of(is_train)}",
            hint=f"Values for arguments are given by name: forward({name}=…).",
        )

    @in_turn
    @act("forward")
    def _forward_in_turn(self, is_train: bool, given: Mapping[str, Any]) -> list[NDArray]:
        if given:
            self._copy_in(self._checked_inputs(given))
        if is_train and self._program.only_predicts:
            self._train_too()
        self._announce()
        plan = self._program.train if is_train else self._program.predict
        found = self._written.get(plan)
        try:
            if found is None or self._nested or watch.told is not None:
                return self._forward(is_train, plan)
            outputs: list[NDArray] = self._enter(found, True)
            return outputs
        except BaseException as error:
            self._give_up(error)
            raise

    def _announce(self) -> None:
        """Say that states, and arguments that operators change, are about to be written to."""
        if watched:
            for name in self._changes:
                found = self.arg_dict.get(name, self.aux_dict.get(name))
                if found is not None:
                    about_to_write(found._data)

    def _give_up(self, error: BaseException) -> None:
        """Let outputs have no value that may be half new, as forward did not finish."""
        bound = [*self.arg_dict.values(), *self.aux_dict.values()]
        unfinished.give_up(self._shown, self._latest, bound, error)
        if isinstance(error, KeyboardInterrupt):
            underway.explain(error)

    @property
    def _nested(self) -> bool:
        """Whether this thread is in the middle of a run, and now in a signal's handler or the like."""
        return self._running or self._turns.within

    def _enter(self, found: Written, *args: Any) -> Any:
        """Run what is written out."""
        try:
            self._running = True
            return found.enter(found.function, *args)
        except Exception as error:
            found.explain(error)
            raise
        finally:
            self._running = False

    def _forward(self, is_train: bool, plan: Plan) -> list[NDArray]:
        """One run, a step at a time."""
        self._ran[0] = None  # it would hold the outputs' memory
        if self._monitor is not None:
            return self._forward_watched(is_train, *self._monitor)
        into = self._memory()
        slots = self._filled(plan)
        self._go("forward", plan, slots, into)
        self._remember(self._program, slots)
        return self._show([slots[slot] for slot in plan.outputs])

    def _train_too(self) -> None:
        """Take plans that can train, in place of some that only predict."""
        program = self._compile()
        bound = [*self.arg_dict.values(), *self.aux_dict.values()]
        require_memory(program, self._ctx, bound)
        runner = runners.choose(self._runner_name, *program.plans, ctx=self._ctx)
        shown = self._outputs(program.predict, [output.handle for output in self._shown])
        # Without a call in between: an interrupt must not find half of it done.
        self._program, self._runs_by, self._into, self._shown = program, runner, None, shown
        self._predicts, self._trains, self._written = None, None, {}

    @in_turn
    @act("trace")
    def trace(self, is_train: bool = False, **kwargs: Any) -> Trace:
        """Run once and record every node: its values, when it ran, and on which thread.

        The graph runs as written, with nothing left out or merged, so that every node has its value.
        Parameters and errors are those of :meth:`forward`.
        """
        self._copy_in(self._checked_inputs(kwargs))
        return self._traced(is_train, until_error=False)

    @in_turn
    @act("trace")
    def attempt(self, is_train: bool = False, optimized: bool = False) -> Trace:
        """Run once and record what happens, also when a step fails: the trace has its error then.

        Parameters
        ----------
        is_train : bool
            Whether operators that differ in training act as in training.
        optimized : bool
            Record what the optimiser made of the graph, :attr:`optimized_graph`; else the graph as written.
        """
        return self._traced(is_train, until_error=True, optimized=optimized)

    @in_turn
    def aside(self) -> Executor:
        """An executor that runs what this one runs, and changes nothing of it: to look at what it does.

        It reads the same arguments. Gradients' arrays, auxiliary states, other arguments that operators
        change, and outputs are its own, and no monitor watches it. Plans are shared. What custom operators
        keep in Python is not copied: their code runs as in any run.
        """
        other = object.__new__(Executor)
        vars(other).update(vars(self))
        named = {**self.arg_dict, **self.aux_dict}
        mine = [
            array for name, array in named.items() if name in self._changes or name in self.aux_dict
        ]
        # By identity: an array under two names stays one.
        fresh = {id(array): array.copy() for array in (*mine, *self._grads.arrays.values())}
        for kind in ("arg_dict", "aux_dict"):
            arrays = {name: fresh.get(id(a), a) for name, a in getattr(self, kind).items()}
            setattr(other, kind, Bound(arrays))
        grads = {name: fresh[id(array)] for name, array in self._grads.arrays.items()}
        other._grads = replace(self._grads, arrays=grads)
        other.grad_dict = {name: grads.get(name) for name in self.arg_dict}
        given = [*other.arg_dict.values(), *other.aux_dict.values()]
        other._delivery = Delivery(other._grads, self._whole.targets, given)
        other.outputs = [
            NDArray(self._new(slot, True), self._place_of(slot)) for slot in self.plan.outputs
        ]
        other._shown = other._outputs(self.plan, other.outputs)
        other._latest = [None] * len(other._shown)
        other._ran, other._running, other._monitor = [None], False, None
        return other

    def _traced(self, is_train: bool, *, until_error: bool, optimized: bool = False) -> Trace:
        trace, outputs = self._record(
            is_train, self._runner_name, until_error=until_error, optimized=optimized
        )
        if trace.failure is None:
            self._show(to_show(outputs))
        return trace

    @in_turn
    @act("backward")
    def backward(self, out_grads: Any = None, is_train: bool = True) -> None:
        """Compute the gradients of what the latest `forward` computed, into the arrays of `grad_dict`.

        An executor that was bound without gradients has nothing to do. Operators with auxiliary states,
        such as BatchNorm, update them here, as in MXNet.

        When it fails or is interrupted, some of the gradients' arrays may have been written or added to,
        whole or in part. It may be called again; where `grad_req` is "add", set the arrays to zero first.

        Parameters
        ----------
        out_grads : NDArray, list of NDArray or dict of str to NDArray, optional
            For each output, by position or by name, the gradient of what is differentiated with respect
            to it. Heads of losses have their own and need none.
        is_train : bool
            Whether what ran forward was training. False after `forward(is_train=False)` gives the
            gradients of predictions: BatchNorm takes its states for constants and leaves them alone.

        Raises
        ------
        BindError
            If `forward` has not run, or an output's gradient is needed and was not given. A ValueError.
        ArgumentError
            If a gradient is no NDArray. A TypeError.
        ShapeError, DTypeError
            If a gradient is not like its output.
        """
        self._backward(out_grads, is_train)

    @in_turn
    @act("trace_backward")
    def trace_backward(
        self, out_grads: Any = None, is_train: bool = True, until_error: bool = False
    ) -> Trace:
        """Compute the gradients of what the latest :meth:`trace` computed, and record every node.

        Parameters are those of :meth:`backward`, and so are the errors; with `until_error`, what a step
        raises is the trace's `failure` instead, and no gradient is written.

        Raises
        ------
        BindError
            If the latest forward run was not a recorded one, or no gradient is wanted. A ValueError.
        """
        observed = [id(program) for program in self._observed.values()]
        recorded = self._ran[0] is not None and id(self._ran[0].program) in observed
        if self._program.backward is None or not recorded:
            raise BindError(
                "there is no recorded run to go back from"
                if self._program.backward is not None
                else "this executor was bound without gradients",
                hint="Bind with args_grad, and call executor.trace(is_train=True) first.",
            )
        trace = self._backward(out_grads, is_train, until_error)
        assert trace is not None  # the run was a recorded one
        return trace

    def repeats_backward(self, out_grads: Any = None) -> bool:
        """Whether :meth:`trace_backward` once more would change nothing that it has not changed.

        Operators may have states nevertheless. Errors are those of :meth:`backward`.
        """
        return self._monitor is None and self._delivery.repeats(
            list(self._seeds(out_grads).values())
        )

    def _backward(self, out_grads: Any, is_train: bool, until_error: bool = False) -> Trace | None:
        """What `backward` does; the trace, if the latest forward run was recorded."""
        if self._program.backward is None:
            self._delivery.finish(())  # no output depends on an argument with a gradient
            return None
        if self._ran[0] is None:
            raise BindError(
                "backward() was called before forward()",
                hint="Call executor.forward(is_train=True) first.",
            )
        self._announce()
        program, slots = self._ran[0]
        plan = program.backward if is_train else program.backward_predict
        assert plan is not None  # a run is remembered only when there are gradients
        slots = list(slots)
        seeds = self._seeds(out_grads)
        for name, raw in seeds.items():
            slots[plan.args[name]] = raw
        trace = None
        if program is self._program:
            into = self._values_memory()
            if self._placed is None:
                self._delivery.prepare(plan, slots, into, list(seeds.values()))
            found = self._written.get(plan)
            if found is None or self._nested or watch.told is not None:
                self._go("backward", plan, slots, into)
            else:
                self._enter(found, slots, into)
        else:
            trace = self._backward_watched(program, plan, slots, until_error)
            if trace.failure is not None:
                return trace
        self._delivery.finish([slots[slot] for slot in plan.outputs])
        return trace

    @tells(of_slots)
    def _go(self, act: str, plan: Plan, slots: list[Any], into: Sequence[Any]) -> None:
        """Run a plan, and tell whoever listens."""
        nested, self._running = self._running, True
        try:
            if watch.told is not None:
                self._tell(watch.told, act, plan, slots, into)
            else:
                self._runner.run(plan, slots, into)
        finally:
            self._running = nested
        self._note_run(plan)

    def _tell(
        self, listener: watch.Listener, act: str, plan: Plan, slots: list[Any], into: Sequence[Any]
    ) -> None:
        times = Times()
        timed(plan, self._runner, slots, into, times)
        names = self._slot_names(self._program)
        trace = trace_of(plan, self._runner.name, times, names, {})
        listener(act, trace.began, trace)

    def _seeds(self, out_grads: Any) -> dict[str, Any]:
        """For each variable that stands for a head's gradient, its array."""
        names = self._symbol.list_outputs()
        found = {}
        given = seeds_by_head(names, out_grads)
        for k, seed in enumerate(self._whole.seeds):
            if seed is None:
                continue
            if given[k] is None:
                raise BindError(
                    f"head_gradient is required when calling backward: {names[k]} is no head of a loss",
                    hint="Make it a loss with mx.sym.MakeLoss, or give backward each output's gradient, as "
                    f"mx.nd.ones({self.outputs[k].shape}).",
                )
            raw = self._seed(names[k], given[k], self.outputs[k])
            if self._placed is not None:
                place = self._placed.context_of(seed)
                with placed(place):
                    raw = moved(raw, self.outputs[k]._ctx, place)
            found[seed] = raw
        return found

    def _seed(self, name: str, given: Any, output: NDArray) -> Any:
        if not isinstance(given, NDArray):
            raise ArgumentError(
                f"the gradient of {name} must be an NDArray, not {kind_of(given)}",
                hint="Make one: mx.nd.array([…]).",
            )
        if given.shape != output.shape:
            raise ShapeError(
                f"the gradient of {name} has the shape {shape_text(given.shape)}, and {name} has "
                f"{shape_text(output.shape)}",
                hint="The gradient of a value has the value's shape.",
            )
        return output._value(given)

    # Written out

    @property
    def _runner(self) -> Runner:
        return self._runs_by

    @_runner.setter
    def _runner(self, runner: Runner) -> None:
        self._runs_by = runner
        self._forget_written()

    def _forget_written(self) -> None:
        self._predicts, self._trains, self._written = None, None, {}

    def _note_run(self, plan: Plan) -> None:
        """Note that a plan has run a step at a time, and write it out when it has often enough."""
        runs = self._runs[plan] = self._runs.get(plan, 0) + 1
        runner = self._runner
        if runs < written.RUNS_BEFORE or len(plan.steps) > MOST_STEPS or self._running:
            return
        if not runner.may_be_written(plan):
            return
        program = self._program
        if plan not in (program.predict, program.train):
            self._written[plan] = Written(self._backward_script(plan), plan, self._turns)
            return
        found = self._written[plan] = Written(self._forward_script(plan), plan, self._turns)
        if self._optimize and plan.xp is np:
            found.compile(self._kept())
        if found.needs_turn:
            return
        if plan is program.predict:
            self._predicts = found
        if plan is program.train and not program.only_predicts:
            self._trains = found

    def _kept(self) -> frozenset[int]:
        """The slots that are read backward."""
        behind = [self._program.backward, self._program.backward_predict]
        return frozenset(
            slot
            for plan in behind
            if plan is not None
            for slots in (plan.outputs, *(step.ins for step in plan.steps))
            for slot in slots
        )

    def _forward_script(self, plan: Plan) -> Callable[..., Script]:
        bound = {**self.arg_dict, **self.aux_dict}
        into = self._into or self._allocate()
        values: list[Any] = [None] * len(plan.specs)
        left = _Run(self._program, values)
        places = Places(self._turns, self._shown, self._latest, self._ran)
        return partial(
            scripts.forward_script, plan, bound, into, places, self._kept(), values, left,
            gpu=self._on_gpu(plan),
        )  # fmt: skip

    def _backward_script(self, plan: Plan) -> Callable[..., Script]:
        gpu = self._on_gpu(plan)
        return partial(scripts.backward_script, plan, self._values_memory(), self._turns, gpu)

    def _on_gpu(self, plan: Plan) -> OnGpu | None:
        """What is different about the plan when it is written out, if the executor is on a GPU."""
        if not isinstance(self._runner, CudaRunner):
            return None
        flight, branches = self._runner.flight(plan), self._runner.branches(plan)
        graphs = Graphs(plan.xp) if branches is None and can_capture(plan) else None
        return OnGpu(plan.xp, self._ctx.device_id, self._turns, flight, graphs, branches)

    def _remember(self, program: Program, slots: list[Any]) -> None:
        if program.backward is not None:
            self._ran[0] = _Run(program, slots)

    @in_turn
    def set_monitor_callback(self, callback: Callback | None, monitor_all: bool = False) -> None:
        """Have every node's outputs shown after it ran; the graph then runs as written, on one thread.

        Parameters
        ----------
        callback : callable or None
            `callback(name, array)` with the output's name and its NDArray; None ends it.
        monitor_all : bool
            Show the inputs of each node as well, before its outputs.

        Raises
        ------
        ArgumentError
            If the callback cannot be called.
        """
        if callback is not None and not callable(callback):
            raise ArgumentError(
                f"a callback is a function of a name and an array, not {callback!r}",
                hint="None ends the watching.",
            )
        self._monitor = None if callback is None else (callback, monitor_all)
        self._forget_written()

    def _forward_watched(
        self, is_train: bool, callback: Callback, inputs_too: bool
    ) -> list[NDArray]:
        trace, outputs = self._record(is_train, "serial")
        with calling_users():
            self._call_back(trace, callback, inputs_too)
        return self._show(to_show(outputs))

    def _backward_watched(
        self, program: Program, plan: Plan, slots: list[Any], until_error: bool
    ) -> Trace:
        names = self._slot_names(program)
        name = "serial" if self._monitor is not None else self._runner_name
        runner = self._observer(name, plan)
        trace = self._recorded("backward", plan, runner, slots, names, until_error)
        if self._monitor is not None:
            with calling_users():
                self._call_back(trace, *self._monitor)
        return trace

    def _call_back(self, trace: Trace, callback: Callback, inputs_too: bool) -> None:
        """Show every step's outputs, and its inputs before them if they are wanted.

        As in MXNet an input has the name `{node}_{input}`; a variable is shown under its own name first.
        """
        for row in trace.records:
            if row.op == "copy to output":
                continue
            if inputs_too:
                for own, role, value in zip(row.input_names, row.roles, row.inputs, strict=True):
                    if own in self.arg_dict or own in self.aux_dict:
                        callback(own, value)
                    callback(f"{row.node}_{role}", value)
            for name, value in zip(row.output_names, row.outputs, strict=True):
                callback(name, value)

    def _recorded(
        self,
        act: str,
        plan: Plan,
        runner: Runner,
        slots: list[Any],
        names: Sequence[str],
        until_error: bool = False,
    ) -> Trace:
        wrap = keeping(lambda: self._exposed(plan, slots), self._place_of)
        trace = record(plan, runner, slots, names, wrap, until_error=until_error)
        if self._placed is not None:
            trace = renumbered(trace, self._placed.origins)
        listener = watch.listener()
        if listener is not None:
            listener(act, trace.began, trace)
        return trace

    def _record(
        self,
        is_train: bool,
        name: str,
        *,
        until_error: bool = False,
        optimized: bool = False,
    ) -> tuple[Trace, list[Any]]:
        """Run forward with every value kept, by the runner of that name; the trace, and the outputs."""
        program = self._program_of(optimized)
        plan = program.train if is_train else program.predict
        slots = to_read(self._filled(plan), _changed(plan))
        names = self._slot_names(program)
        runner = self._observer(name, plan)
        trace = self._recorded("forward", plan, runner, slots, names, until_error)
        self._write_back(plan, slots)
        if trace.failure is None:
            self._remember(program, self._bound_again(plan, slots))
        return trace, [slots[slot] for slot in plan.outputs]

    def _exposed(self, plan: Plan, slots: Sequence[Any]) -> list[Any]:
        """The arrays of a recorded run that the caller has too, and can write to."""
        bound = [*self.arg_dict.values(), *self.aux_dict.values(), *self._grads.arrays.values()]
        shown = [output.handle for output in self._shown]
        results = [slots[slot] for slot in plan.outputs]
        return [*(array._data for array in (*bound, *shown)), *results]

    def _program_of(self, optimized: bool) -> Program:
        """Plans that keep every value: of the graph as written, or of what the optimiser made of it."""
        if optimized not in self._observed:
            self._observed[optimized] = self._compile(
                reuse=False,
                keep=optimized,
                predicts=optimized and self._program.only_predicts,
                optimize=optimized,
            )
        return self._observed[optimized]

    def _observer(self, name: str, plan: Plan) -> Runner:
        """The runner of that name for a recorded run."""
        if (name, plan) not in self._observers:
            self._observers[name, plan] = runners.choose(name, plan, ctx=self._ctx)
        return self._observers[name, plan]

    def _write_back(self, plan: Plan, slots: Sequence[Any]) -> None:
        """Let the bound arrays have what a recorded run changed in its copies of them."""
        changed = _changed(plan)
        for bound, places in ((self.arg_dict, plan.args), (self.aux_dict, plan.aux)):
            for name, slot in places.items():
                if slot in changed and name in bound:
                    about_to_write(bound[name]._data)
                    with placed(bound[name]._ctx):
                        bound[name]._data[...] = slots[slot]

    def _bound_again(self, plan: Plan, slots: Sequence[Any]) -> list[Any]:
        """A recorded run's values, with the own memory of those bound arrays that `backward` may change."""
        found, filled = list(slots), self._filled(plan)
        for pin in self.graph.changed:
            name = self.graph.nodes[pin.node].name
            slot = plan.args.get(name, plan.aux.get(name))
            if slot is not None and filled[slot] is not None:
                found[slot] = filled[slot]
        return found

    def _slot_names(self, program: Program) -> list[str]:
        plan = program.predict
        names = [""] * len(plan.specs)
        for (node, k), slot in plan.slot_of.items():
            names[slot] = node.output_names[k]
        for slot, original in plan.outlines.items():
            names[slot] = names[original]
        outputs = (*plan.outputs, *(program.backward.outputs if program.backward else ()))
        for entry, slot in zip(self._whole.graph.outputs, outputs, strict=True):
            names[slot] = names[slot] or entry.name
        return names

    def _filled(self, plan: Plan) -> list[Any]:
        slots: list[Any] = [None] * len(plan.specs)
        for bound, places in ((self.arg_dict, plan.args), (self.aux_dict, plan.aux)):
            for name, slot in places.items():
                if name in bound:  # the heads' gradients are not bound
                    slots[slot] = bound[name]._data
        for slot, array in plan.stand_ins.items():
            slots[slot] = array
        return slots

    def _wrap(self, slot: int, raw: Any) -> NDArray:
        return NDArray(contiguous(raw), self._place_of(slot))

    def _show(self, results: Sequence[Any]) -> list[NDArray]:
        """Let the handles show these arrays, and wrap them anew for the caller."""
        fresh = [
            self._wrap(slot, raw) for slot, raw in zip(self.plan.outputs, results, strict=True)
        ]
        try:
            for output, array in zip(self._shown, fresh, strict=True):
                output.handle._data = array._data
        except BaseException as error:
            self._give_up(error)
            raise
        # For what is written out to go on with.
        self._latest[:] = fresh if self._written else [None] * len(fresh)
        return fresh

    # Memory

    def _new(self, slot: int, zeroed: bool = False) -> Any:
        spec = self.plan.specs[slot]
        place = self._place_of(slot)
        make = place.xp.zeros if zeroed else place.xp.empty
        try:
            with placed(place):
                return make(known(spec.shape), spec.dtype)
        except MemoryError as error:
            note(error, self.plan, next(step for step in self.plan.steps if slot in step.outs))
            raise

    def _memory(self) -> list[Any]:
        """For each slot, what to write its value into: shared buffers, and outputs that nobody holds."""
        self._latest[:] = [None] * len(self._latest)
        into = self._values_memory()
        for output in self._shown:
            if output.writes:
                slot, handle = output.slot, output.handle
                into[slot] = self._new(slot) if is_held(handle) else handle._data
        for slot, lender in self.plan.placement.lent.items():
            # Never kept: a view that somebody holds would make the output seem held.
            into[slot] = self._within(into[lender], slot)
        return into

    def _values_memory(self) -> list[Any]:
        """For each slot, the shared buffer to write its value into, or None."""
        if self._nested:
            return self._allocate()
        if self._into is None:
            self._into = self._allocate()
        return list(self._into)

    def _within(self, raw: Any, slot: int) -> Any:
        """A slot's array in the memory of another."""
        spec = self.plan.specs[slot]
        return within(raw, known(spec.shape), np.dtype(spec.dtype))

    def _allocate(self) -> list[Any]:
        xp, plan = self._ctx.xp, self.plan
        into: list[Any] = [None] * len(plan.specs)
        try:
            with placed(self._ctx):
                buffers = [xp.empty(size, np.uint8) for size in plan.placement.sizes]
        except MemoryError as error:
            total = plan.placement.nbytes
            error.add_note(
                f"while allocating {total:,} bytes for values between arguments and outputs"
            )
            in_flight.explain(error)
            raise
        views: dict[tuple[int, Spec], Any] = {}
        for slot, buffer in plan.placement.buffer_of.items():
            spec = plan.specs[slot]
            if (buffer, spec) not in views:
                views[buffer, spec] = self._within(buffers[buffer], slot)
            into[slot] = views[buffer, spec]
        return into

    # Changing what is bound

    @in_turn
    def copy_params_from(
        self,
        arg_params: Mapping[str, NDArray],
        aux_params: Mapping[str, NDArray] | None = None,
        allow_extra_params: bool = False,
    ) -> None:
        """Copy arrays into those bound, by name.

        Raises
        ------
        BindError
            If a name is unknown and extra ones are not allowed. A ValueError.
        ShapeError
            If a shape is not the bound array's. Nothing has been copied then.
        ArgumentError
            If it is no dict of arrays.
        """
        for given in (arg_params, aux_params or {}):
            if not isinstance(given, Mapping):
                raise ArgumentError(
                    f"parameters are a dict of str to NDArray, not {given!r}",
                    hint="Give them by name: {'weight': mx.nd.array([…])}.",
                )
        pairs = []
        for bound, given, what in (
            (self.arg_dict, arg_params, "arguments"),
            (self.aux_dict, aux_params or {}, "auxiliary states"),
        ):
            hint = (
                "These parameters are another network's, or were made for other shapes of its data."
            )
            pairs += matched(bound, given, what, allow_extra_params, hint)
        self._copy_in(pairs)

    def reshape(
        self, partial_shaping: bool = False, allow_up_sizing: bool = False, **kwargs: Sequence[int]
    ) -> Executor:
        """An executor of the same symbol for other shapes, sharing the arrays that keep theirs.

        Parameters
        ----------
        partial_shaping : bool
            Allow shapes to change that are not named here.
        allow_up_sizing : bool
            Allow arrays to grow; a grown array is new.
        **kwargs : tuple of int
            New shapes of arguments.

        Raises
        ------
        BindError
            If something would change or grow that must not.
        ShapeError
            If the shapes do not fit.
        MemoryShortage
            If there cannot be memory for it. Nothing has been allocated then.
        """
        if not kwargs or not isinstance(partial_shaping, (bool, np.bool_)):
            raise ArgumentError(
                "reshape takes the new shapes by the arguments' names",
                hint=f"For example: executor.reshape({next(iter(self.arg_dict), 'A')}=(2, 3)).",
            )
        shapes, _, aux_shapes = self._symbol.infer_shape(**kwargs)
        if shapes is None or aux_shapes is None:
            raise ShapeError(
                "Insufficient argument shapes provided.", hint="Name more arguments' shapes."
            )
        to_make = ToMake()
        named = set(kwargs) if not partial_shaping else {*self.arg_dict, *self.aux_dict}
        args = {
            name: reshaped(name, old, shape, name in named, allow_up_sizing, to_make)
            for (name, old), shape in zip(self.arg_dict.items(), shapes, strict=True)
        }
        grads = {
            name: reshaped(name, old, args[name].shape, True, True, to_make)
            for name, old in self._grads.arrays.items()
        }
        aux = {
            name: reshaped(name, old, shape, partial_shaping, allow_up_sizing, to_make)
            for (name, old), shape in zip(self.aux_dict.items(), aux_shapes, strict=True)
        }
        return Executor(
            self._symbol,
            self._ctx,
            args,
            aux,
            replace(self._grads, arrays=grads),
            specs_of(self._graph, {**args, **aux}),
            self._runner_name,
            self._groups,
            self._optimize,
            to_make,
        )

    def _checked_inputs(self, given: Mapping[str, Any]) -> list[tuple[NDArray, Any]]:
        for name, value in given.items():
            if name not in self.arg_dict:
                raise ArgumentError(
                    f"Unknown argument {name}; the arguments are {listed(list(self.arg_dict))}",
                    hint=_meant(name, self.arg_dict),
                )
            if not is_array(value):
                make = f"Make an array of it: {name}=mx.nd.array([…])."
                raise BindError(
                    f"argument {name}: only accept keyword argument of NDArrays and numpy.ndarray, "
                    f"not {kind_of(value)}",
                    hint="A symbol has no value: give an array."
                    if isinstance(value, Symbol)
                    else make,
                )
        hint = "An executor's shapes are fixed: bind again, with the new arrays."
        return matched(self.arg_dict, given, "arguments", False, hint)

    def _copy_in(self, pairs: Sequence[tuple[NDArray, Any]]) -> None:
        """Copy values into bound arrays: all or none, and all at once, so that two can change places."""
        for bound, _ in pairs:
            require_writable(bound._data, bound._ctx)
        values = [bound._value(value) for bound, value in pairs]
        if len(pairs) > 1:
            owners = {id(owner(bound._data)) for bound, _ in pairs}
            for k, raw in enumerate(values):
                if id(owner(raw)) in owners:
                    values[k] = NDArray(raw, pairs[k][0]._ctx).copy()._data
        for (bound, _), raw in zip(pairs, values, strict=True):
            bound[...] = NDArray(raw, bound._ctx)  # of any shape, () too

    def get_optimized_symbol(self) -> Symbol:
        """What the passes make of the symbol, as a symbol: bound, saved or drawn, it gives the same values.

        Passes whose graphs have more than MXNet's operators, such as constants, are left out. Without the
        optimiser it is the symbol that was bound.
        """
        if not self._optimize or self._placed is not None:
            return self._symbol
        given = [self.arg_dict, self.aux_dict]
        arrays = {name: array for bound in given for name, array in bound.items()}
        typed = Typed(self._graph, specs_of(self._graph, arrays), self._ctx.xp)
        return Symbol(optimised(typed, exported=True).graph.linked().outputs)

    def debug_str(self) -> str:
        """The graph that is run, gradients included, as text, and how much memory its values take.

        That is what is not bound, outputs included. The form is MXNet's.
        """
        stages = self.stages
        graph = stages[-1].graph.linked() if stages else self._whole.graph
        total, buffers = self._program.nbytes, self.plan.placement.sizes
        return (
            debug_text(graph)
            + f"Total {total // 2**20} MB allocated\n"
            + f"Total {total} bytes, {sum(buffers)} of them in {counted(len(buffers), 'shared buffer')}\n"
        )


def _meant(name: str, arguments: Iterable[str]) -> str:
    """What a keyword of `forward` that is no argument may stand for."""
    if name in ("train", "training", "is_training"):
        return "Did you mean 'is_train'?"
    return one_of(name, [*arguments, "is_train"])


unfinished.WRITERS.update({Executor._forward.__code__, Executor._show.__code__})


def _changed(plan: Plan) -> set[int]:
    """The slots that steps change the arrays of."""
    return {slot for step in plan.steps for slot in step.op.changed(step.params, step.ins)}
