"""What the probes say of a loop, and which known bug says the same."""

import inspect
import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import dqn_lessons.train as loop
from dqn_classroom.clinic.aims import Aims, aims_of
from dqn_classroom.clinic.bench import Fields, Form, Update, call, check_call
from dqn_classroom.clinic.bugs import BUGS, HEALTHY
from dqn_classroom.clinic.inject import locate, replaced
from dqn_classroom.clinic.probes import PROBES, Outcome, ProbeResult, probe
from dqn_classroom.feedback import Feedback
from dqn_classroom.figures import AccessibleFigure, line_plot
from dqn_lessons import td
from dqn_lessons.nets import StackedMLP
from dqn_lessons.replay import Transition

_MANY = "side by side"
Row = dict[str, Outcome]

# The parts of the loop that can be brought, by the name they have in the lessons, and which parts
# of bugs.toml can go wrong in them.
_KINDS = {
    "td_target": ("target",),
    "q_of_action": ("loss",),
    "td_loss": ("loss",),
    "epsilon_greedy": ("exploration",),
    "linear_schedule": ("exploration",),
    "should_update": ("replay buffer",),
    "hard_update_": ("target network",),
    "write_index": ("replay buffer",),
    "sample_indices": ("replay buffer",),
}
_OF_AN_UPDATE = {"td_target", "q_of_action", "td_loss"}
PARTS = {
    name: f"{'replay' if name in ('write_index', 'sample_indices') else 'td'}.{name}"
    for name in _KINDS
}


def row_of(results: Iterable[ProbeResult]) -> Row:
    """Return what the table keeps of some probe results."""
    return {result.probe: result.outcome for result in results}


@cache
def table() -> dict[str, Row]:
    """Bug -> probe -> outcome, shipped with the course."""
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


def behaves_like(row: Row, parts: Iterable[str] = ()) -> list[str]:
    """The known bugs, or ``"healthy"``, from which no probe tells this row.

    Args:
        row: what the probes said.
        parts: the functions that were brought; nothing else can have the bug.
    """
    return [name for name in _candidates(row, parts) if not any(disagreements(row, table()[name]))]


def _candidates(row: Row, parts: Iterable[str]) -> list[str]:
    kinds = {kind for part in parts for kind in _KINDS[part]}
    bugs = [
        bug.name
        for bug in BUGS.values()
        # Bugs that need many learners are seen only where many were probed.
        if (_MANY in row or not bug.needs_many) and (not kinds or bug.part in kinds)
    ]
    return [HEALTHY, *bugs]


@dataclass(frozen=True)
class Report:
    """What is said of an update or of parts that were brought.

    Args:
        results: one for each probe.
        like: ``"healthy"``, or what is wrong with it; bugs of the clinic by their names.
        aims: what an update aims at; None where no part of one was brought.
        fails_alike: known bugs that fail in the same readings, though with other numbers.
    """

    results: tuple[ProbeResult, ...]
    like: tuple[str, ...]
    aims: Aims | None = None
    fails_alike: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """What it is, in a few sentences."""
        if self.aims and self.aims.stopped:
            return f"It stops. {self.aims.stopped}"
        aim = f" It aims at y = {self.aims.aim}." if self.aims and self.aims.aim else ""
        if self.like and self.like != (HEALTHY,):
            lessons = [BUGS[name].lesson for name in self.like if name in BUGS][:1]
            return " ".join([f"What is wrong: {' and '.join(self.like)}.{aim}", *lessons])
        if stops := [result.stopped for result in self.results if result.stopped]:
            return f"{len(stops)} of {len(self.results)} probes stopped. The first: {stops[0]}"
        if self.like:
            slow = any(one.pace and not one.healthy for r in self.results for one in r.measurements)
            return f"Healthy{', at another pace' if slow else ''}.{aim}"
        failed = sum(not _ends_right(result) for result in self.results)
        known = f"In the same readings fail: {', '.join(self.fails_alike)}."
        unknown = "No known bug of it fails in the same readings."
        right = " Yet each update aims right: look at its step size." if aim else ""
        said = known if self.fails_alike else unknown
        return f"{failed} of {len(self.results)} probes fail.{right or ' ' + said}"

    @property
    def card(self) -> Feedback:
        """The verdict, what an update does, a line for each probe, what the failing ones say."""
        rows, details = [("what", "", "")], {}
        if aims := self.aims:
            right = not aims.stopped and not aims.faults
            told = aims.faults or (f"y = {aims.aim}" if aims.aim else "unknown",)
            rows.append(("what it aims at", "✓ right" if right else "✗ wrong", "; ".join(told)))
            form = [f"batch: {aims.form}"] * (str(aims.form) != str(Form()))
            rows += [("how", "·", one) for one in (*aims.dialect, *form)]
            if aims.faults and not np.isnan(aims.targets).all():
                table = aims.rows()
                wide = [max(map(len, column)) for column in zip(*table, strict=True)]
                lines = ("  ".join(map(str.rjust, row, wide)) for row in table)
                details["row by row"] = "\n".join(lines)
        for result in self.results:
            pace = "✓ passes" if result.healthy else "· other pace"
            mark = pace if _ends_right(result) else "✗ fails"
            rows.append((result.probe, mark, PROBES[result.probe][0]))
            if not result.healthy:
                details[result.probe] = repr(evidence_card(result))
        status = "passes" if self.like == (HEALTHY,) else "wrong"
        return Feedback("Report", status, (self.verdict,), details=details, table=rows)

    def curve(self) -> AccessibleFigure:
        """Draw how hard the update pulls at a value, by its TD error.

        Raises:
            ValueError: there is no such curve.
        """
        if self.aims is None or not self.aims.curve[0].size:
            raise ValueError("this report has no curve: no update was brought, or its rows mix.")
        errors, pulls = self.aims.curve
        lines = {"pull": pulls / np.abs(pulls).max()}
        return line_plot(errors, lines, "TD error y − Q(s, a)", "pull at Q(s, a), relative")

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, str]:
        bundle = self.card._repr_mimebundle_()
        if self.aims and self.aims.curve[0].size:
            bundle["text/html"] += self.curve().html()
        return bundle


def _ends_right(result: ProbeResult) -> bool:
    """Whether nothing but pace differs from a healthy loop."""
    return not result.stopped and all(one.healthy or one.pace for one in result.measurements)


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
    """The only learner of a stacked network as an ordinary module ``[..., D] -> [..., A]``."""

    def __init__(self, net: StackedMLP) -> None:
        super().__init__()
        self.net = net

    def forward(self, obs: Tensor) -> Tensor:
        """Values of all actions."""
        values: Tensor = self.net(obs.reshape(1, -1, obs.shape[-1]))
        return values.reshape(*obs.shape[:-1], -1)


def _run_update_with(update: Update, aims: Aims) -> Callable[..., None]:
    """The loop's update with a gradient step that was brought.

    The loop syncs the target network unless the update does.
    """
    runs: dict[loop.Run, tuple[nn.Module, nn.Module]] = {}

    def run_update(run: loop.Run, _td_target: Any) -> None:
        if run not in runs:  # an optimiser of its own may be kept with the network
            runs[run] = _OneNetwork(run.online), _OneNetwork(run.target)
            params, rate = run.online.parameters(), run.config.learning_rate
            run.optimizer = torch.optim.Adam(params, lr=rate)
        sampled = run.replay.sample(run.config.batch_size)
        columns = {
            name: torch.from_numpy(column[0])
            for name, column in zip(Transition._fields, sampled, strict=True)
        }
        rows, gamma = len(columns["reward"]), run.config.gamma
        columns |= {
            "truncated": torch.zeros(rows, dtype=torch.bool),
            "weight": torch.ones(rows),
            "discount": torch.full((rows,), gamma),
            "index": torch.arange(rows),
        }
        call(update, aims.form, columns, *runs[run], run.optimizer, gamma)
        run.updates += 1
        if not aims.owns_target and run.updates % run.config.target_period == 0:
            td.hard_update_(list(run.target.parameters()), list(run.online.parameters()))
        run.log.add_update(*np.zeros((2, 1), np.float32))

    return run_update


def _own_update(batch: Any, online: Any, target: Any, optimizer: Any, gamma: float) -> None:
    """The course's update, of functions as they are now, for one learner."""
    with torch.no_grad():
        q_next = target(batch.next_obs)[None]
        y = td.td_target(batch.reward[None], batch.terminated[None], q_next, gamma)
    q = td.q_of_action(online(batch.obs)[None], batch.action[None])
    loss = td.td_loss(q, y, "mse")
    optimizer.zero_grad()
    loss.sum().backward()
    optimizer.step()


def report(
    update: Update | None = None, *, fields: Fields | None = None, **parts: Callable[..., Any]
) -> Report:
    """Say what is wrong with an update or with functions of the loop that were brought.

    An update is diagnosed by what it aims at (:func:`~dqn_classroom.clinic.aims.aims_of`), then
    trained where the best action changes from step to step. Functions are put into the loop, and
    all probes run.

    Args:
        update: one gradient step, ``update(batch, online, target, optimizer, gamma)``: a batch
            of tensors ``[B, ...]`` with the fields of :class:`~dqn_lessons.replay.Transition`, two
            networks ``[B, D] -> [B, A]``, and the optimiser of the first. Other usual names of
            the fields, tuples, dictionaries, columns ``[B, 1]``, and ends as numbers are
            understood. It may have an optimiser of its own and update the target network.
        fields: how it takes its batch, if that is not understood: words in the order in which it
            unpacks them, its own word -> the field, or a function of a ``Transition``.
        parts: functions to use for the course's own, by name; see :data:`PARTS`. They get
            ``[S, B]`` and ``[S, B, A]``: S learners, B rows, A actions.

    Raises:
        TypeError: a part that is not a function, or takes other arguments.
        ValueError: a name that is no part, nothing or both kinds brought, or fields unknown.
    """
    if unknown := sorted(set(parts) - set(PARTS)):
        raise ValueError(
            f"{unknown[0]} is no part of the loop that can be replaced. Bring update=..., or one "
            f"of {', '.join(PARTS)}."
        )
    functions = {}
    for name, part in parts.items():
        own = inspect.signature(getattr(*locate(PARTS[name])))
        check_call(name, part, *own.parameters)
        functions[PARTS[name]] = part
    if update is not None:
        check_call("update", update, "batch", "online", "target", "optimizer", "gamma")
    if (update is None) != bool(parts):
        raise ValueError("there is nothing to ask about, or too much: bring update=... or parts.")
    aims = None
    with replaced(functions):
        if update or set(parts) & _OF_AN_UPDATE:
            aims = aims_of(update or _own_update, fields)
            if aims.stopped:
                axes = " Parts get [S, B] and [S, B, A]: S learners, B rows, A actions."
                stopped = aims.stopped + axes * bool(parts)
                return Report((), (), replace(aims, stopped=stopped))
        if update and aims:
            with replaced({"train.Run.update": _run_update_with(update, aims)}):
                results = [probe("choices")]
        else:
            results = list(map(probe, PROBES))
    row = row_of(results)
    like = list(aims.faults) if aims else []
    if not like and parts:
        like = behaves_like(row, parts)
    if not like and all(map(_ends_right, results)):
        like = [HEALTHY]
    alike = [name for name in _candidates(row, parts) if _fails_as(name, row)] if parts else []
    return Report(tuple(results), tuple(like), aims, tuple(alike))


def _fails_as(name: str, row: Row) -> bool:
    """Whether a known bug fails in the readings in which this row fails."""
    known = table()[name]
    return all(
        (one.error, one.healthy) == (known[p].error, known[p].healthy) for p, one in row.items()
    )
