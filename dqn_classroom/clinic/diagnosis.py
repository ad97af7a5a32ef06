"""What the probes say of a loop, and which known bug says the same."""

from __future__ import annotations

import functools
import inspect
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import torch
from torch import Tensor, nn

import dqn_lessons.train as loop
from dqn_classroom.clinic.bugs import BUGS, HEALTHY
from dqn_classroom.clinic.inject import injected, locate, replaced
from dqn_classroom.clinic.measurements import ProbeResult
from dqn_classroom.clinic.probes import PROBES, probe
from dqn_classroom.feedback import Feedback
from dqn_lessons import td
from dqn_lessons.nets import StackedMLP
from dqn_lessons.replay import Transition

_MANY = "side by side"
# What a probe said: "" with its numbers, or how the loop stopped.
Line = tuple[str, tuple[float | None, ...], tuple[bool, ...]]
Row = dict[str, Line]

# The parts of the loop that somebody can bring, by the name they have in the lessons.
PARTS = {
    name: f"{module}.{name}"
    for module, names in {
        "td": (
            "td_target",
            "q_of_action",
            "td_loss",
            "epsilon_greedy",
            "linear_schedule",
            "should_update",
            "hard_update_",
        ),
        "replay": ("write_index", "sample_indices"),
    }.items()
    for name in names
}


def _row(findings: Sequence[ProbeResult]) -> Row:
    """Keep of each finding what is the same on every machine."""
    row: Row = {}
    for finding in findings:
        values = tuple(
            reading.value if reading.exact and abs(reading.value) < 1e6 else None
            for reading in finding.measurements
        )
        health = tuple(reading.healthy for reading in finding.measurements)
        row[finding.probe] = (finding.stopped.split(":")[0], values, health)
    return row


def examine(names: Sequence[str] = tuple(PROBES)) -> list[ProbeResult]:
    """Ask the loop as it is now all probes, or some."""
    return [probe(name) for name in names]


def make_table() -> dict[str, Row]:
    """Plant every bug in turn and ask all probes: minutes of computing."""
    table = {HEALTHY: _row(examine())}
    for name, bug in BUGS.items():
        with injected(bug.edits):
            table[name] = _row(examine())
    return table


@functools.cache
def table() -> dict[str, Row]:
    """The case × probe table that the course ships, made by :func:`make_table`."""
    text = (files("dqn_classroom.clinic") / "table.json").read_text(encoding="utf-8")
    return {
        bug: {
            name: (stopped, tuple(values), tuple(health))
            for name, (stopped, values, health) in row.items()
        }
        for bug, row in json.loads(text).items()
    }


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=2e-3, abs_tol=2e-3)


def disagreements(one: Row, other: Row) -> Iterator[tuple[str, int]]:
    """Where two rows differ, of the probes that both have.

    Yields:
        The probe, and the number of the reading (-1: one of them stopped).
    """
    for name in [name for name in PROBES if name in one and name in other]:
        (stopped, values, health), (stopped_too, values_too, health_too) = one[name], other[name]
        if stopped != stopped_too:
            yield name, -1
        elif not stopped:
            for i, pair in enumerate(zip(values, values_too, strict=True)):
                if not _same(*pair) or health[i] != health_too[i]:
                    yield name, i


def behaves_like(row: Row) -> list[str]:
    """The known bugs, or ``"healthy"``, from which no probe tells this row."""
    return [name for name in _candidates(row) if not any(disagreements(row, table()[name]))]


def nearest(row: Row) -> str:
    """The known bug that differs in the fewest measurements."""
    return min(_candidates(row), key=lambda name: sum(1 for _ in disagreements(row, table()[name])))


def _candidates(row: Row) -> list[str]:
    """What a row can be: bugs that need many learners only if many were asked."""
    return [
        name for name in table() if _MANY in row or name not in BUGS or not BUGS[name].needs_many
    ]


@dataclass(frozen=True)
class Report:
    """What all probes say of what somebody brought.

    Args:
        findings: one for each probe.
        like: known bugs that cannot be told from it.
        near: the known bug that comes closest.
    """

    findings: tuple[ProbeResult, ...]
    like: tuple[str, ...]
    near: str

    @property
    def verdict(self) -> str:
        """One sentence."""
        stops = [finding.stopped for finding in self.findings if finding.stopped]
        if stops:
            return f"{len(stops)} of {len(self.findings)} probes stopped. The first: {stops[0]}"
        failed = [finding.probe for finding in self.findings if not finding.healthy]
        if self.like:
            known = " or ".join(self.like)
            if self.like == (HEALTHY,):
                return f"All {len(self.findings)} probes pass."
            return f"It behaves like: {known}. {BUGS[self.like[0]].lesson}"
        if not failed:
            return "All probes pass, though not with the numbers of the course's own."
        return (
            f"{len(failed)} of {len(self.findings)} probes fail, in a way that this course does "
            f"not know. What comes nearest: {self.near}."
        )

    @property
    def card(self) -> Feedback:
        """The verdict, a line for each probe, and what the failing ones measured."""
        healthy = all(finding.healthy for finding in self.findings)
        rows = [("probe", "", "what it asks")]
        rows += [
            (finding.probe, "✓ passes" if finding.healthy else "✗ fails", PROBES[finding.probe][0])
            for finding in self.findings
        ]
        details = {
            finding.probe: repr(evidence_card(finding))
            for finding in self.findings
            if not finding.healthy
        }
        status = "passes" if healthy else "wrong"
        return Feedback("Probe report", status, (self.verdict,), details=details, table=rows)

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, str]:
        return self.card._repr_mimebundle_()


def evidence_card(finding: ProbeResult) -> Feedback:
    """Show a finding as a table of measurements."""
    question = PROBES[finding.probe][0]
    title = f"Probe “{finding.probe}”"
    if finding.stopped:
        return Feedback(title, "wrong", (question, f"The loop stopped. {finding.stopped}"))
    rows = [("measured", "here", "healthy", "")]
    rows += [
        (
            reading.label,
            f"{reading.value:.4g}",
            f"{reading.expected:.4g} ± {reading.tolerance:.2g}",
            "✓" if reading.healthy else "✗ not healthy",
        )
        for reading in finding.measurements
    ]
    return Feedback(title, "passes" if finding.healthy else "wrong", (question,), table=rows)


class _OneNetwork(nn.Module):
    """The only learner of a stacked network as an ordinary module ``[B, D] -> [B, A]``."""

    def __init__(self, net: StackedMLP) -> None:
        super().__init__()
        self.net = net

    def forward(self, obs: Tensor) -> Tensor:
        """Values of all actions."""
        values: Tensor = self.net(obs[None])[0]
        return values


Update = Callable[[Transition, nn.Module, nn.Module, torch.optim.Optimizer, float], object]


def _learn_with(update: Update) -> Callable[..., None]:
    """A step of learning whose gradient step is somebody else's; copies stay the loop's."""

    def learn(run: loop.Run, _td_target: Any) -> None:
        batch = Transition(*(column[0] for column in run.replay.sample(run.config.batch_size)))
        nets = _OneNetwork(run.online), _OneNetwork(run.target)
        update(batch, *nets, run.optimizer, run.config.gamma)
        run.updates += 1
        if run.updates % run.config.target_period == 0:
            td.hard_update_(list(run.target.parameters()), list(run.online.parameters()))
        run.log.add_update(*torch.zeros(2, 1))

    return learn


def report(update: Update | None = None, **parts: Callable[..., Any]) -> Report:
    """Put somebody's functions into the loop, ask all probes, and say what it behaves like.

    Args:
        update: one gradient step, ``update(batch, online, target, optimizer, gamma)``: a batch
            of tensors ``[B, ...]`` with the fields of :class:`~dqn_lessons.config.Transition`, two
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
    functions = {PARTS[name]: part for name, part in parts.items()}
    for name, part in parts.items():
        _check_arguments(name, part, inspect.signature(_part(PARTS[name])))
    if update is not None:
        _check_arguments("update", update, inspect.Signature.from_callable(_update_head))
        functions["train.Run.update"] = _learn_with(update)
    if not functions:
        raise ValueError("there is nothing to ask about: bring update=..., or a part by name.")
    with replaced(functions):
        # An update that is written for one learner has nothing to say of many.
        names = [name for name in PROBES if update is None or name != _MANY]
        findings = tuple(examine(names))
    row = _row(findings)
    return Report(findings, tuple(behaves_like(row)), nearest(row))


def _update_head(batch: Any, online: Any, target: Any, optimizer: Any, gamma: Any) -> None:
    """What ``update`` is called with."""


def _part(where: str) -> Callable[..., Any]:
    owner, name = locate(where)
    part: Callable[..., Any] = getattr(owner, name)
    return part


def _check_arguments(name: str, function: Any, wanted: inspect.Signature) -> None:
    if not callable(function):
        raise TypeError(
            f"{name} = {function!r} is a {type(function).__name__}: it must be a function. "
            f"Leave out the brackets behind its name."
        )
    try:
        inspect.signature(function).bind(*wanted.parameters)
    except TypeError:
        raise TypeError(
            f"{name} takes {inspect.signature(function)}: it is called with "
            f"({', '.join(wanted.parameters)}). Give it these arguments."
        ) from None
