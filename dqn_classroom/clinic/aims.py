"""What one update aims at: the target of each row by bisection, and the formula that gives it.

The update is applied to Q-tables. For each row, Q(s, a) is set to a number and the update applied
once: where the sign of its pull turns, there is the row's target, whatever loss, step size,
optimiser or clipping. Then a grammar of targets is searched for the formula that gives all rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from dqn_classroom.clinic import bench as b
from dqn_classroom.clinic.bench import ACTION, GAMMA, ROWS, Bench, Fields, Update, UpdateStopped
from dqn_lessons.config import Array

_CLOSE = 2e-3
_REACH = ((12.0, 1.0), (12.0, 0.15), (12.0, 0.02), (400.0, 2.0))  # how far, how finely
_ERRORS = np.array([0.02, 0.05, 0.1, 0.2, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10])
_COUNT = len(ROWS)
_Pick = Callable[[Array], Array]

_REWARDS: dict[str, _Pick] = {
    "r": lambda r: r,
    "clip(r, −1, 1)": lambda r: r.clip(-1, 1),
    "sign(r)": np.sign,
    "": np.zeros_like,
}
# name -> what is wrong with it, its formula, and how to compute it or the rows that look ahead
_PICKS: dict[str, tuple[str, str, _Pick]] = {
    "max": ("", "max_a {}, a)", lambda q: q.max(1)),
    "min": ("min over actions for the max", "min_a {}, a)", lambda q: q.min(1)),
    "mean": ("mean over actions for the max", "mean_a {}, a)", lambda q: q.mean(1)),
    "sum": ("sum over actions for the max", "sum_a {}, a)", lambda q: q.sum(1)),
    "first action": ("the first action for the best", "{}, first a)", lambda q: q[:, 0]),
    "last action": ("the last action for the best", "{}, last a)", lambda q: q[:, -1]),
    "stored action": ("the stored action for the best", "{}, stored a)", lambda q: q[ROWS, ACTION]),
    "index": (
        "the index of the best action for its value",
        "argmax_a {}, a)",
        lambda q: q.argmax(1).astype(float),
    ),
}
_MASKS: dict[str, tuple[str, str, Array]] = {
    "right": ("", " · (1 − terminated)", ~b.TERMINATED),
    "none": ("no terminal mask", "", np.ones(_COUNT)),
    "reversed": ("terminal mask reversed", " · terminated", b.TERMINATED),
    "truncated too": (
        "truncation is an end",
        " · (1 − terminated − truncated)",
        ~(b.TERMINATED | b.TRUNCATED),
    ),
}
_POWERS = {GAMMA: "γ", 1.0: "1", GAMMA**2: "γ²", GAMMA**3: "γ³", GAMMA**4: "γ⁴", GAMMA**5: "γ⁵"}
STILL = "the weights do not change"
MIXED = "[B] against [B, 1]"
SUMMED = "the values of all rows are added up"
UNKNOWN = "a target that is not known here"
Place = tuple[str, str]  # network and state: ("target", "next"), ("online", "this")


class Aim(NamedTuple):
    """A target: ``reward + discount · value · mask``.

    Args:
        reward: how the reward goes in, a key of ``_REWARDS``.
        discount: the number in front of the value; 0 if it never looks ahead.
        pick: which value, a key of ``_PICKS``.
        place: whose value, and of which state.
        chooser: for ``"max"``: who says which action is best, and in which state.
        over_batch: whether all rows get the best value of the batch.
        mask: which rows look ahead, a key of ``_MASKS``.
        masked: whether the mask falls on the reward too.
    """

    reward: str = "r"
    discount: float = GAMMA
    pick: str = "max"
    place: Place = ("target", "next")
    chooser: Place = ("target", "next")
    over_batch: bool = False
    mask: str = "right"
    masked: bool = False

    def faults(self) -> Iterator[str]:
        """In which ways it is not the target of DQN or Double DQN; clipped rewards are no fault."""
        if not self.reward:
            yield "the reward is left out"
        if self.masked:
            yield "the last reward is masked too"
        if not self.discount:
            yield "it never looks ahead"
            return
        if self.discount != GAMMA:
            yield "no discount" if self.discount == 1 else "another discount"
        if self.over_batch:
            yield "max over the batch"
        yield from filter(None, (_MASKS[self.mask][0], _PICKS[self.pick][0]))
        if self.place[1] != "next":
            yield "this state for the next"
        elif self.chooser[1] != "next":
            yield "the best action of this state for that of the next"
        if self.place[0] != "target":
            swapped = self.chooser[0] == "target"
            yield "networks of Double DQN swapped" if swapped else "online network for the target"

    def __str__(self) -> str:
        network, state = self.place
        values = f"Q_{network}({'s′' if state == 'next' else 's'}"
        value = _PICKS[self.pick][1].format(values)
        if self.chooser != self.place:
            network, state = self.chooser
            value = f"{values}, argmax_a Q_{network}({'s′' if state == 'next' else 's'}, a))"
        value = f"max over the batch of {value}" if self.over_batch else value
        power = _POWERS.get(self.discount, f"{self.discount:.3g}")
        value = value if power == "1" else f"{power} · {value}"
        mask = _MASKS[self.mask][1]
        terms = [self.reward] * bool(self.reward) + [value] * bool(self.discount)
        sum_ = " + ".join(terms) or "0"
        if self.masked:
            return f"({sum_}){mask}"
        return sum_ + mask * bool(self.discount)


def _values(online: Array) -> tuple[list[Aim], Array]:
    """Return every way to look ahead, and its values ``[K, 12]``, given the online table."""
    tables = dict(
        zip(
            product(("target", "online"), ("next", "this")),
            (b.TARGET[b.NEXT], b.TARGET[ROWS], online[b.NEXT], online[ROWS]),
            strict=True,
        )
    )
    aims, values = [], []
    for place, q in tables.items():
        for pick, (_, _, compute) in _PICKS.items():
            if (pick, place) == ("stored action", ("online", "this")):
                continue  # that is Q(s, a) itself, which any target equals
            aims.append(Aim(pick=pick, place=place, chooser=place))
            values.append(compute(q))
        for chooser, other in tables.items():
            if chooser != place:
                aims.append(Aim(place=place, chooser=chooser))
                values.append(q[ROWS, other.argmax(1)])
    aims += [aim._replace(over_batch=True) for aim in aims]
    values += [np.full(_COUNT, each.max()) for each in values]
    return aims, np.array(values)


def fit(targets: Array, discounts: Array | None = None) -> Aim | None:
    """Return the formula that gives the targets of all rows, if there is one.

    Args:
        targets: measured, NaN where there is none ``[12]``.
        discounts: γ to the power of the steps of each row, if the batch carries it ``[12]``.

    Returns:
        The one with the fewest faults, or None.
    """
    known = ~np.isnan(targets)
    if known.sum() < _COUNT - 3 or np.ptp(targets[known]) < _CLOSE:
        return None
    close = _CLOSE * min(1.0, float(np.ptp(targets[known])))
    online = b.ONLINE.copy()
    online[ROWS, ACTION] = np.where(known, targets, online[ROWS, ACTION])
    aims, values = _values(online)
    values = values if discounts is None else values * discounts / GAMMA
    found = []
    for (reward, compute), masked, mask in product(_REWARDS.items(), (False, True), _MASKS):
        kept = np.asarray(_MASKS[mask][2], float)
        rest = (targets - compute(b.REWARD) * (kept if masked else 1))[known]
        if np.abs(rest).max() < close:
            found.append(Aim(reward, 0.0, mask=mask, masked=masked))
        x = (values * kept)[:, known]
        scale = x @ rest / (x * x).sum(1)
        for k in np.flatnonzero(np.abs(rest - scale[:, None] * x).max(1) < close):
            discount = round(float(scale[k]), 3)
            discount = next((n for n in _POWERS if abs(n - scale[k]) < 1e-3), discount)
            if discount:
                aim = aims[k]._replace(reward=reward, discount=discount, mask=mask, masked=masked)
                found.append(aim)

    def cost(aim: Aim) -> float:
        # A number of its own explains much: any constant, if all rows get one.
        free = aim.discount not in (0.0, *_POWERS)
        return len([*aim.faults()]) + (aim.reward != "r") / 2 + 9 * free + (aim.discount > 1)

    return min(found, key=cost, default=None)


@dataclass(frozen=True)
class Aims:
    """What an update aims at, and how.

    Args:
        targets: of all rows, by bisection; NaN where nothing was found ``[12]``.
        aim: the formula that gives them, or None.
        faults: by name; those that the clinic has planted have their names there.
        dialect: what it does that is neither right nor wrong.
        curve: TD errors of one row, and the pull of each ``[T]``; empty where rows mix.
        form: how it took its batch.
        owns_target: whether it writes to the target network.
        stopped: the error on the first batch, or empty.
    """

    targets: Array = field(default_factory=lambda: np.full(_COUNT, np.nan))
    aim: Aim | None = None
    faults: tuple[str, ...] = ()
    dialect: tuple[str, ...] = ()
    curve: tuple[Array, Array] = (np.empty(0), np.empty(0))
    form: b.Form = field(default_factory=b.Form)
    owns_target: bool = False
    stopped: str = ""

    def rows(self) -> list[tuple[str, ...]]:
        """Row by row: what was brought, what it aims at, what is right; the first is the head."""
        best, right = b.TARGET[b.NEXT].max(1), right_targets(self.form)
        head = "row", "r", "ends", "max_a Q_target(s′, a)", "aims at", "right"
        table: list[tuple[str, ...]] = [head]
        for i, (r, ends, q, aims, y) in enumerate(
            zip(b.REWARD, b.TERMINATED, best, self.targets, right, strict=True)
        ):
            numbers = (f"{q:.3f}", "nothing" if np.isnan(aims) else f"{aims:.3f}", f"{y:.3f}")
            table.append((str(i), f"{r:.3f}", "ends" if ends else "", *numbers))
        return table


def right_targets(form: b.Form) -> Array:
    """Return the targets of DQN for all rows ``[12]``."""
    gamma = GAMMA**b.STEPS if "discount" in form.used else GAMMA
    right: Array = b.REWARD + gamma * b.TARGET[b.NEXT].max(1) * ~b.TERMINATED
    return right


def aims_of(update: Update, fields: Fields | None = None) -> Aims:
    """Diagnose an update by what it aims at, in about a second.

    Args:
        update: as for :func:`~dqn_classroom.clinic.report`.
        fields: as there.

    Raises:
        ValueError: a word of ``fields`` that has no meaning.
    """
    found: list[Aims] = []
    stopped = ""
    for form in b.forms_of(update, fields):
        if found and not (form.column and form.number):
            continue
        try:
            found.append(_measured(update, form))
        except UpdateStopped as error:
            stopped = stopped or str(error)
        if found and (not found[-1].faults or found[-1].form.column):
            break
    if not found:
        return Aims(stopped=stopped)
    first, last = found[0], found[-1]
    if first is last or last.faults:
        return first
    # Some replay buffers give columns [B, 1]: a fault that they mend is none of the update's.
    only = f"right for columns [B, 1] alone; with [B] it is: {', '.join(first.faults)}"
    return replace(last, dialect=(*last.dialect, only))


def _measured(update: Update, form: b.Form) -> Aims:
    with Bench(update, form).watched() as bench:
        step = _first_move(bench)
        if isinstance(step, str):
            return Aims(faults=(STILL,), dialect=(step,), form=form)
        if step.grad is not None:
            agree = step.change[ROWS, ACTION] * step.grad[ROWS, ACTION] <= 0
            bench.by_grad = bool(agree.all() and step.grad.any())
        targets, climbs = _targets(bench)
        discounts = GAMMA**b.STEPS if "discount" in form.used else None
        aim = fit(targets, discounts)
        alone, faults, dialect = _alone(bench, targets), ["the loss is climbed"] * climbs, []
        if aim is None:
            aim, mixed = _mixed(bench, discounts, alone)
            faults += [mixed] if mixed else []
        if not aim and discounts is not None and (aim := fit(targets)):
            faults.append("γ instead of γ^n")
        if aim:
            faults += aim.faults()
            if aim.reward not in ("r", ""):
                dialect.append(f"rewards are clipped: {aim.reward}")
            if aim.chooser != aim.place:
                dialect.append("Double DQN: one network chooses, the other values")
        elif not faults:
            faults.append(UNKNOWN)
        if discounts is not None:
            dialect.append("n-step targets: each row has a discount of its own")
        curve = np.empty(0), np.empty(0)
        if alone and not np.isnan(targets).any():
            curve, said = _pull(bench, targets)
            dialect += said
            faults += _what_else_moves(bench, targets, dialect)
        if bench.touched:
            dialect.append(f"it writes into its batch: {', '.join(sorted(bench.touched))}")
        faults += _target_network(bench, dialect)
        dialect += _other_batches(bench)
        owns = bool(bench.shares or bench.alien or bench.written or bench.aliased)
        named = tuple(dict.fromkeys(faults))
        return Aims(targets, aim, named, tuple(dialect), curve, form, owns)


def _first_move(bench: Bench) -> b.Step | str:
    """Return a call that moves something; or why none does."""
    starts = [np.where(ROWS % 2, 5.0, -4.0), *(np.full(_COUNT, x) for x in np.arange(-8, 8, 0.2))]
    for start in starts:
        step = bench.apply(start)
        if step.change.any():
            return step
    ask = "Is backward() there, step() after it, and no zero_grad() between?"
    if step.grad is None:
        return f"No optimiser of the online network made a step. {ask}"
    why = "it changed nothing" if step.grad.any() else "the gradient was 0"
    return f"An optimiser made a step, but {why}. {ask}"


def _targets(bench: Bench, rows: Array | None = None) -> tuple[Array, bool]:
    """Bisect the targets of all rows ``[12]``, of the batch as it is or of copies of one row."""
    targets, climbs = np.full(_COUNT, np.nan), False
    batch = ROWS if rows is None else rows
    for reach, step in _REACH if rows is None else _REACH[:1]:
        grid = np.arange(-reach, reach, step) + 0.0137
        signs = np.sign([bench.pull(np.full(_COUNT, x), batch) for x in grid])
        low, high = np.full((2, _COUNT), np.nan)
        for i in np.flatnonzero(np.isnan(targets)):
            moved = np.flatnonzero(signs[:, i])
            turn = np.diff(signs[moved, i])
            turns = np.flatnonzero(turn < 0)
            if not turns.size and (turns := np.flatnonzero(turn)).size:
                climbs = True
            if turns.size:
                low[i], high[i] = grid[moved[turns[0] : turns[0] + 2]]
        for _ in range(20):
            middle = np.nan_to_num(np.where(np.isnan(low), targets, (low + high) / 2))
            sign = (-1 if climbs else 1) * np.sign(bench.pull(middle, batch))
            low, high = (
                np.where((way * sign >= 0) & ~np.isnan(low), middle, edge)
                for way, edge in ((1, low), (-1, high))
            )
        targets = np.where(np.isnan(targets), (low + high) / 2, targets)
        if not np.isnan(targets[batch]).any():
            break
    return targets, climbs


def _alone(bench: Bench, targets: Array) -> bool:
    """Whether each row is pulled to its own target wherever the others are."""
    if np.isnan(targets).any() or np.ptp(targets) < _CLOSE:
        return False
    ways = np.where(ROWS % 2, 0.1, -0.1), np.where(ROWS % 3, 0.1, -0.1)
    return all((np.sign(bench.pull(targets + way)) != np.sign(way)).all() for way in ways)


def _mixed(bench: Bench, discounts: Array | None, alone: bool) -> tuple[Aim | None, str]:
    """Return the formula of each row in a batch of copies of it, and how rows mix otherwise."""
    copies = np.array([_targets(bench, np.full(_COUNT, i))[0][i] for i in ROWS])
    if aim := fit(copies, discounts):
        return aim, MIXED
    if aim := fit(copies * _COUNT, discounts):
        return aim, SUMMED
    return None, ""


def _pull(bench: Bench, targets: Array) -> tuple[tuple[Array, Array], list[str]]:
    """Return TD errors and the pull of each ``[T]``, and what that curve and its kin are called."""

    def pull_of(error: Any, rows: Array = ROWS) -> Array:
        return bench.pull(targets - error, rows)

    one, first = ROWS == 0, ROWS[: _COUNT // 2]
    errors = np.concatenate([-_ERRORS[::-1], _ERRORS])
    pulls = np.array([pull_of(one * error)[0] for error in errors])
    small = pull_of(0.02)
    slope, far = pulls[len(_ERRORS)] / _ERRORS[0], pulls[-1] / 10
    scale = np.abs(pulls).max()
    said = []
    if abs(pulls[-1]) < 1e-3 * scale:
        last = np.abs(errors[np.abs(pulls) > 1e-3 * scale]).max()
        said.append(
            f"errors are clipped before they are squared: beyond {last:g} a row teaches nothing"
        )
    elif np.isclose(far, slope, rtol=0.02):
        said.append("squared error")
    elif not np.isclose(pulls[-1], pulls[-2], rtol=0.02):
        said.append("a loss of its own: see its curve")
    elif slope * _ERRORS[0] > 0.98 * pulls[-1]:
        said.append("the size of the error is ignored: absolute error, or Adam's first step")
    else:
        turn = f"linear beyond an error of {pulls[-1] / slope:.2g}"
        together = pull_of(10.0)[0] / pulls[-1] < 0.9
        said.append(
            f"squared error, {turn} by clipping the norm of the gradient"
            if together
            else f"Huber, smooth L1 or a clipped gradient: {turn}"
        )
    alone = pull_of(one * 0.02, first)[0] / pulls[len(_ERRORS)]
    said.append("mean over the batch" if alone > 1.5 else "sum over the batch")
    weights = small / small.mean()
    if np.allclose(weights, b.WEIGHT / b.WEIGHT.mean(), rtol=0.05):
        said.append("importance weights")
    elif np.ptp(weights) > 0.05:
        said.append("rows pull with different strength")
    return (errors, pulls), said


def _what_else_moves(bench: Bench, targets: Array, dialect: list[str]) -> Iterator[str]:
    """Name what moves beside the values of the taken actions."""
    shift = np.where(ROWS % 2, 0.3, -0.2)
    pulls = np.abs(bench.everywhere(targets - shift))
    pulls = np.where(pulls > 1e-3 * pulls.max(), pulls, 0)
    taken = pulls[ROWS, ACTION].copy()
    pulls[ROWS, ACTION] = 0
    if pulls[b.IDLE].any():
        dialect.append("values of states that are in no row move too")
    elif pulls[b.NEXT].any():
        yield "gradient through the target"
    elif pulls[ROWS].any():
        yield "values of other actions move"
    # What is left of an earlier call adds to the next one, if no one clears it.
    alone = bench.everywhere(targets + shift)
    bench.apply(targets - shift)
    after = bench.everywhere(targets + shift, fresh=False)
    if not np.allclose(alone, after, rtol=0.01, atol=1e-3 * taken.max()):
        yield "gradients pile up"


def _target_network(bench: Bench, dialect: list[str]) -> Iterator[str]:
    """Say who updates the target network, and name what is wrong with it."""
    if bench.aliased:
        yield "target by reference"
    elif bench.backward:
        yield "synced the wrong way round"
    elif bench.alien:
        yield "the target network is written to, and is no mix of both"
    elif bench.shares:
        share, often = float(np.median(bench.shares)), bench.calls / len(bench.shares)
        when = "at each call" if often < 1.5 else f"about every {often:.0f} calls"
        if often < 1.5 and share > 0.5:
            yield "synced at every update"
        kind = "hard update" if share > 0.999 else f"soft update, τ = {share:.3g},"
        dialect.append(f"it updates the target network itself: {kind} {when}")
    elif bench.written:
        yield "never synced"


def _other_batches(bench: Bench) -> Iterator[str]:
    """Name batches on which it stops."""
    ends = np.flatnonzero(b.TERMINATED)
    kinds = {
        "every row ends": ends,
        "no row ends": np.flatnonzero(~b.TERMINATED),
        "there is one row": ROWS[:1],
    }
    for what, rows in kinds.items():
        try:
            bench.apply(np.zeros(_COUNT), rows)
        except UpdateStopped as error:
            yield f"it stops on a batch in which {what}: {error}"
