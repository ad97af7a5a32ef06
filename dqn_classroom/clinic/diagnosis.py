"""What the probes say of a loop, and which known bug says the same."""

import inspect
import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import dqn_lessons.train as loop
from dqn_classroom.clinic.bugs import BUGS, HEALTHY, edits_of
from dqn_classroom.clinic.inject import injected, locate, replaced
from dqn_classroom.clinic.probes import PROBES, Outcome, ProbeResult, probe
from dqn_classroom.feedback import Feedback
from dqn_lessons import td
from dqn_lessons.nets import StackedMLP
from dqn_lessons.replay import Transition

_MANY = "side by side"
Row = dict[str, Outcome]
Update = Callable[[Transition, nn.Module, nn.Module, torch.optim.Optimizer, float], object]

# The parts of the loop that can be brought, by the name they have in the lessons.
_TD = "td_target q_of_action td_loss epsilon_greedy linear_schedule should_update hard_update_"
PARTS = {name: f"td.{name}" for name in _TD.split()} | {
    name: f"replay.{name}" for name in ("write_index", "sample_indices")
}


def row_of(results: Iterable[ProbeResult]) -> Row:
    """Return what the table keeps of some probe results."""
    return {result.probe: result.outcome for result in results}


def make_table() -> dict[str, Row]:
    """Inject every bug in turn and run all probes: minutes of computing."""
    table = {}
    for name in (HEALTHY, *BUGS):
        with injected(edits_of(name)):
            table[name] = row_of(map(probe, PROBES))
    return table


@cache
def table() -> dict[str, Row]:
    """Bug -> probe -> outcome, shipped with the course; made by :func:`make_table`."""
    rows = json.loads(Path(__file__).with_name("table.json").read_text(encoding="utf-8"))
    return {
        bug: {
            name: Outcome(error, tuple(values), tuple(healthy))
            for name, (error, values, healthy) in row.items()
        }
        for bug, row in rows.items()
    }


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=2e-3, abs_tol=2e-3)


def disagreements(one: Row, other: Row) -> Iterator[tuple[str, int]]:
    """Where two rows differ, of the probes that both have.

    Yields:
        The probe, and the number of the measurement (-1: one of them stopped).
    """
    for name in [name for name in PROBES if name in one and name in other]:
        mine, its = one[name], other[name]
        if mine.error != its.error:
            yield name, -1
            continue
        for i, pair in enumerate(zip(mine.values, its.values, strict=True)):
            if not _close(*pair) or mine.healthy[i] != its.healthy[i]:
                yield name, i


def behaves_like(row: Row) -> list[str]:
    """The known bugs, or ``"healthy"``, from which no probe tells this row."""
    return [name for name, count in _distances(row).items() if not count]


def _distances(row: Row) -> dict[str, int]:
    """What a row can be -> the number of measurements that speak against it."""
    return {
        name: sum(1 for _ in disagreements(row, known))
        for name, known in table().items()
        # Bugs that need many learners are seen only where many were probed.
        if _MANY in row or name not in BUGS or not BUGS[name].needs_many
    }


@dataclass(frozen=True)
class Report:
    """What all probes say of parts that were brought.

    Args:
        results: one for each probe.
        like: known bugs that cannot be told from it.
        near: the known bug that comes closest.
    """

    results: tuple[ProbeResult, ...]
    like: tuple[str, ...]
    near: str

    @property
    def verdict(self) -> str:
        """One sentence."""
        count = len(self.results)
        if stops := [result.stopped for result in self.results if result.stopped]:
            return f"{len(stops)} of {count} probes stopped. The first: {stops[0]}"
        if self.like == (HEALTHY,):
            return f"All {count} probes pass."
        if self.like:
            return f"It behaves like: {' or '.join(self.like)}. {BUGS[self.like[0]].lesson}"
        if all(result.healthy for result in self.results):
            return "All probes pass, though not with the numbers of the course's own."
        failed = sum(not result.healthy for result in self.results)
        return (
            f"{failed} of {count} probes fail, in a way that this course does not know. "
            f"What comes nearest: {self.near}."
        )

    @property
    def card(self) -> Feedback:
        """The verdict, a line for each probe, and what the failing ones measured."""
        rows, details = [("probe", "", "what it asks")], {}
        for result in self.results:
            mark = "✓ passes" if result.healthy else "✗ fails"
            rows.append((result.probe, mark, PROBES[result.probe][0]))
            if not result.healthy:
                details[result.probe] = repr(evidence_card(result))
        status = "wrong" if details else "passes"
        return Feedback("Probe report", status, (self.verdict,), details=details, table=rows)

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, str]:
        return self.card._repr_mimebundle_()


def evidence_card(result: ProbeResult) -> Feedback:
    """Show a probe result as a table of measurements."""
    question, title = PROBES[result.probe][0], f"Probe “{result.probe}”"
    if result.stopped:
        return Feedback(title, "wrong", (question, f"The loop stopped. {result.stopped}"))
    rows = [("measured", "here", "healthy", "")]
    for one in result.measurements:
        healthy = f"{one.expected:.4g} ± {one.tolerance:.2g}"
        mark = "✓" if one.healthy else "✗ not healthy"
        rows.append((one.label, f"{one.value:.4g}", healthy, mark))
    return Feedback(title, "passes" if result.healthy else "wrong", (question,), table=rows)


class _OneNetwork(nn.Module):
    """The only learner of a stacked network as an ordinary module ``[B, D] -> [B, A]``."""

    def __init__(self, net: StackedMLP) -> None:
        super().__init__()
        self.net = net

    def forward(self, obs: Tensor) -> Tensor:
        """Values of all actions."""
        values: Tensor = self.net(obs[None])[0]
        return values


def _run_update_with(update: Update) -> Callable[..., None]:
    """The loop's update with a gradient step that was brought; the loop still syncs the target."""

    def run_update(run: loop.Run, _td_target: Any) -> None:
        sampled = run.replay.sample(run.config.batch_size)
        batch = Transition(*(torch.from_numpy(column[0]) for column in sampled))
        if not isinstance(run.optimizer, torch.optim.Optimizer):  # what is brought expects one
            params, rate = run.online.parameters(), run.config.learning_rate
            run.optimizer = torch.optim.Adam(params, lr=rate)
        nets = _OneNetwork(run.online), _OneNetwork(run.target)
        update(batch, *nets, run.optimizer, run.config.gamma)
        run.updates += 1
        if run.updates % run.config.target_period == 0:
            td.hard_update_(list(run.target.parameters()), list(run.online.parameters()))
        run.log.add_update(*np.zeros((2, 1), np.float32))

    return run_update


def report(update: Update | None = None, **parts: Callable[..., Any]) -> Report:
    """Put functions that were brought into the loop, run all probes, say what it behaves like.

    Args:
        update: one gradient step, ``update(batch, online, target, optimizer, gamma)``: a batch
            of tensors ``[B, ...]`` with the fields of :class:`~dqn_lessons.replay.Transition`, two
            networks ``[B, D] -> [B, A]``, and the optimiser of the first.
        parts: functions to use for the course's own, by name; see :data:`PARTS`.

    Raises:
        TypeError: a part that is not a function, or takes other arguments.
        ValueError: a name that is no part, or nothing brought.
    """
    if unknown := sorted(set(parts) - set(PARTS)):
        raise ValueError(
            f"{unknown[0]} is no part of the loop that can be replaced. Bring update=..., or one "
            f"of {', '.join(PARTS)}."
        )
    functions = {}
    for name, part in parts.items():
        own = inspect.signature(getattr(*locate(PARTS[name])))
        _check_arguments(name, part, *own.parameters)
        functions[PARTS[name]] = part
    if update is not None:
        _check_arguments("update", update, "batch", "online", "target", "optimizer", "gamma")
        functions["train.Run.update"] = _run_update_with(update)
    if not functions:
        raise ValueError("there is nothing to ask about: bring update=..., or a part by name.")
    with replaced(functions):
        # An update that is written for one learner has nothing to say of many.
        results = tuple(probe(name) for name in PROBES if update is None or name != _MANY)
    distances = _distances(row_of(results))
    like = tuple(behaves_like(row_of(results)))
    return Report(results, like, min(distances, key=distances.__getitem__))


def _check_arguments(name: str, function: Any, *wanted: str) -> None:
    if not callable(function):
        raise TypeError(
            f"{name} = {function!r} is a {type(function).__name__}: it must be a function. "
            "Leave out the brackets behind its name."
        )
    try:
        inspect.signature(function).bind(*wanted)
    except TypeError:
        raise TypeError(
            f"{name} takes {inspect.signature(function)}: it is called with ({', '.join(wanted)}). "
            "Give it these arguments."
        ) from None
