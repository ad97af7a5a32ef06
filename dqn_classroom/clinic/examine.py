"""Examine any DQN program through Gymnasium alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from dqn_classroom.clinic.bench import check_call
from dqn_classroom.clinic.watched import TASKS, Diary, ProgramStopped, Train, Watch, run
from dqn_classroom.feedback import Feedback
from dqn_lessons import checks as check
from dqn_lessons.config import Array

# How often the first 60 actions may be the commonest of their state; how often late ones random.
_ALIKE, _RANDOM = 0.75, 0.5
# Whether exploration is right at first, late in short episodes, late in long ones -> what fits.
_EXPLORATION = {
    (True, False, False): "epsilon never decays",
    (True, True, False): "epsilon decays per episode",
    (True, False, True): "epsilon restarts with each episode",
    (False, True, True): "epsilon jumps to its end",
    (False, False, False): "exploration reversed",
}
# A finding that is wrong -> what fits.
_OF_FINDINGS = {
    "resets after a time limit": "no reset after truncation",
    "seeds of the resets": "every episode the same",
    "evaluation after training": "evaluated while exploring",
}
# The only task whose values are wrong -> what fits.
_ALONE = {
    "Constant-v0": "full from the start",
    "Fork-v0": "the next action is an old one",
    "Chance-v0": "gradient through the target",
    "TwoArrays-v0": "observation kept by reference",
    "Switch-v0": "the newest is dropped",
}
# What can be computed: all values must be on their way to it.
_OF_VALUES = (
    "no terminal mask",
    "terminal mask reversed",
    "the last reward is masked too",
    "no discount",
    "epsilon for gamma",
    "mean over actions for the max",
    "max over the batch",
    "truncation is an end",
    "observation kept by reference",
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Args:
        name: what it is.
        passed: whether it is right.
        came: what came out, in words.
        right: what is right.
    """

    name: str
    passed: bool
    came: str
    right: str


@dataclass(frozen=True)
class Examination:
    """What is said of a program.

    Args:
        findings: what was looked at, in order.
        suspects: known bugs of the clinic that fit all of it.
        complete: whether everything was looked at.
    """

    findings: tuple[Finding, ...]
    suspects: tuple[str, ...] = ()
    complete: bool = True

    @property
    def passed(self) -> bool:
        """Whether everything was looked at and is right."""
        return self.complete and all(one.passed for one in self.findings)

    @property
    def verdict(self) -> str:
        """What it is, in a sentence or two."""
        if self.passed:
            return "Healthy, as far as an environment can see."
        failed = sum(not one.passed for one in self.findings)
        said = f"{failed} of {len(self.findings)} findings are wrong."
        if not self.complete:
            return f"Interrupted. So far {said}"
        fits = f"What fits: {', or '.join(self.suspects)}." if self.suspects else ""
        return f"{said} {fits or 'No known bug fits all of them. Does it need more steps?'}"

    @property
    def card(self) -> Feedback:
        """The verdict, and a line for each finding."""
        rows = [("looked at", "", "came", "right")]
        for one in self.findings:
            rows.append((one.name, "✓ passes" if one.passed else "✗ fails", one.came, one.right))
        status = "passes" if self.passed else "wrong"
        return Feedback("Examination", status, (self.verdict,), table=rows)

    def __repr__(self) -> str:
        return repr(self.card)

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, str]:
        return self.card._repr_mimebundle_()


@dataclass
class _Evidence:
    """What the runs of a program gave, by task: values ``[N, A]``, diaries, how it stopped.

    Args:
        tables, watches, stops: these.
        seeds: whether a seed repeats a run, and whether another one makes another run.
    """

    tables: dict[str, Array] = field(default_factory=dict)
    watches: dict[str, Watch] = field(default_factory=dict)
    stops: dict[str, str] = field(default_factory=dict)
    seeds: tuple[bool, ...] = ()

    def collect(self, train: Train, name: str, steps: int, seed: int) -> None:
        try:
            share = int(steps * TASKS[name].share)
            self.tables[name], self.watches[name] = run(train, name, share, seed)
        except ProgramStopped as stop:
            self.stops[name] = str(stop)

    def off(self, name: str) -> float:
        here, right = self.tables[name], TASKS[name].values()
        if TASKS[name].of_best:
            here, right = here.max(1).mean(), right.max(1).mean()
        return float(np.abs(here - right).max())

    def right(self, name: str) -> bool:
        if TASKS[name].switch:  # what was stored before may still be there
            return bool(0.3 < self.tables[name].max() < 1.3)
        return self.off(name) <= TASKS[name].tolerance

    def findings(self) -> list[Finding]:
        """A line for each thing that was looked at."""
        rows = []
        for name, task in TASKS.items():
            if name in self.stops:
                rows.append(Finding(task.asks, False, self.stops[name], "it runs"))
            elif name in self.tables:
                came = f"{_said(self.tables[name])}, off by {self.off(name):.2f}"
                rows.append(Finding(task.asks, self.right(name), came, _said(task.values())))
        return rows + self.behaviour()

    def exploration(self) -> tuple[float, float, float] | None:
        """How alike first actions are, how random late ones in short and long episodes.

        None where values are wrong: what was greedy cannot be told.
        """
        short, long = "Choice-v0", "Ring-v0"
        if not all(name in self.tables and self.right(name) for name in (short, long)):
            return None
        late = [_random(self.tables[name], self.watches[name].main) for name in (short, long)]
        return _alike(self.watches[short].main), late[0], late[1]

    def behaviour(self) -> list[Finding]:
        """What the environments saw of it."""
        rows = list[tuple[str, bool, str, str]]()
        diaries = [diary for watch in self.watches.values() for diary in watch.diaries]
        if explored := self.exploration():
            alike, *late = explored
            said = f"{alike:.0%} alike"
            rows.append(("explores at first", alike < _ALIKE, said, "several actions"))
            for length, share in zip(("short", "long"), late, strict=True):
                name, said = f"greedy later, {length} episodes", f"{share:.0%} random"
                rows.append((name, share < _RANDOM, said, "few random"))
        for end in ("an end", "a time limit"):
            count = sum(diary.after[end] for diary in diaries)
            rows.append((f"resets after {end}", not count, f"{count} steps beyond", "0"))
        again = max((_most(watch.main.seeds) for watch in self.watches.values()), default=0)
        rows.append(("seeds of the resets", again < 3, f"one seed {again} times", "each once"))
        touched, alone = any(diary.touched for diary in diaries), "left alone"
        said = "written to" if touched else alone
        rows.append(("observations handed out", not touched, said, alone))
        if (greedy := self._evaluation()) is not None:
            said = f"{greedy:.0%} greedy"
            rows.append(("evaluation after training", greedy > 0.99, said, "all greedy"))
        of_seeds = (
            ("the same seed", "repeats a run", "another run"),
            ("another seed", "another run", "the same run"),
        )
        for holds, (name, yes, no) in zip(self.seeds, of_seeds, strict=False):
            rows.append((name, holds, yes if holds else no, yes))
        return [Finding(*row) for row in rows]

    def _evaluation(self) -> float | None:
        """Share of actions after training that are greedy; None if there are hardly any."""
        if "Ring-v0" not in self.tables:
            return None
        watch, best = self.watches["Ring-v0"], self.tables["Ring-v0"].argmax(1)
        greedy = [
            best[state] == action
            for diary in watch.diaries
            for state, action, clock in zip(diary.states, diary.actions, diary.clock, strict=True)
            if clock > watch.main.clock[-1]
        ]
        return float(np.mean(greedy)) if len(greedy) > 20 else None

    def suspects(self) -> list[str]:
        """Known bugs that fit all of it."""
        wrong = [name for name in self.tables if not self.right(name)]
        found = [_OF_FINDINGS.get(one.name, "") for one in self.behaviour() if not one.passed]
        if explored := self.exploration():
            alike, short, long = explored
            right = alike < _ALIKE, short < _RANDOM, long < _RANDOM
            if right == (True, False, False) and long < short - 0.15:
                right = True, False, True  # within a long episode it gets there halfway
            found.append(_EXPLORATION.get(right, ""))
        if self.stops and all("IndexError" in stop for stop in self.stops.values()):
            found.append("never full")
        if self.stops and all(TASKS[name].limit < 10**9 for name in self.stops):
            found.append("no reset after truncation")
        if len(wrong) == 1:
            found.append(_ALONE.get(wrong[0], ""))
        if {"Constant-v0", "TimeLimit-v0"} <= {*wrong} and "Ring-v0" not in wrong:
            # With a false row of reward 0 to each end, the constant is worth two thirds.
            fits = np.abs(self.tables["Constant-v0"] - 2 / 3).max() < 0.15
            found += ["rows of the autoreset are stored"] * bool(fits)
        if wrong:
            found += [bug for bug in _OF_VALUES if self._explains(bug)]
        if wrong and {*found} <= {"", "epsilon for gamma"}:
            found.append(self._of_all_values(wrong))
        return [bug for bug in dict.fromkeys(found) if bug]

    def _of_all_values(self, wrong: list[str]) -> str:
        """What fits if values are noise, or all the same, or no more than the step's reward."""
        several = [self.tables[n] for n in ("Choice-v0", "Chain-v0", "Ring-v0") if n in self.tables]
        if "Constant-v0" not in wrong and all(np.ptp(table) < 0.3 for table in several):
            return "[B] against [B, 1]"
        if not {"Constant-v0", "Choice-v0"} & {*wrong} and all(
            np.abs(table - TASKS[name].reward.mean(-1)).max() < 0.6
            for name, table in self.tables.items()
            if not (TASKS[name].switch or TASKS[name].of_best)
        ):
            return "never synced"
        if not {"Constant-v0", "Choice-v0", "Chain-v0"} <= {*wrong}:
            return ""
        nothing = all(np.abs(table).max() < 0.6 for table in several)
        return "synced the wrong way round" if nothing else "gradients pile up"

    def _explains(self, bug: str) -> bool:
        """Whether a bug of the target explains all values, the right ones too."""
        gamma, other = None, bug == "epsilon for gamma"
        if other:  # one number, whatever it is, in place of all that were given
            value = self.tables.get("TimeLimit-v0", np.ones(1)).mean()
            gamma = 1 - 1 / max(float(value), 1.0)
            exact = {name: TASKS[name].values(bug, gamma) for name in ("Chain-v0", "Ring-v0")}
            if gamma > 0.5 or any(
                np.abs(self.tables[name] - table).max() > 0.08
                for name, table in exact.items()
                if name in self.tables
            ):
                return False
        for name, table in self.tables.items():
            task = TASKS[name]
            right, wrong = task.values(), task.values(bug, gamma)
            # Where chance rules and the bug changes nothing, other bugs only make more noise of it.
            noise = np.ptp(task.reward, -1).any() and np.abs(wrong - right).max() < task.tolerance
            if not (task.switch or noise or _on_the_way(table, right, wrong, task.tolerance)):
                return False
        return True


def _on_the_way(here: Array, right: Array, wrong: Array, tolerance: float) -> bool:
    """Whether values moved from what is right to what a bug makes of it, at least nearly half."""
    gap = wrong - right
    near, runs_away = np.abs(gap) <= tolerance, np.abs(wrong) > 10
    share = (here - right) / np.where(near, 1, gap)
    stays = np.abs(here - right) <= tolerance + np.abs(gap)
    fits = np.where(near, stays, np.abs(share - 0.875) < 0.475)
    return bool(np.where(runs_away, (here - right) * np.sign(gap) > tolerance, fits).all())


def _said(table: Array) -> str:
    return " ".join(f"{value:.2f}" for value in table.max(1))


def _random(table: Array, diary: Diary) -> float:
    """Share of the last sixth of actions that are random: those that are not greedy tell it."""
    last = slice(-max(len(diary.states) // 6, 1), None)
    states, actions = np.array(diary.states)[last], np.array(diary.actions)[last]
    return float((table.argmax(1)[states] != actions).mean() / (1 - 1 / table.shape[1]))


def _alike(diary: Diary) -> float:
    """Share of the commonest action of each state in the first 60 steps, mean."""
    states, actions = np.array(diary.states)[:60], np.array(diary.actions)[:60]
    return float(
        np.mean([np.bincount(actions[states == s]).max() / (states == s).sum() for s in {*states}])
    )


def _most(seeds: Sequence[int | None]) -> int:
    """How often the commonest seed was given."""
    return max(map(seeds.count, {*seeds} - {None}), default=0)


def examine(
    train: Train,
    *,
    steps: int = 2_000,
    without: Iterable[str] = (),
    seed: int = 0,
    progress: bool = True,
) -> Examination:
    """Let a program learn in small environments, and say what is wrong with it.

    Its settings should let it learn a small task in ``steps``: some hundred updates in a third of
    them, the target network synced every 25 or so, exploration that ends halfway. What goes wrong
    in it becomes a finding; an interrupt gives what there is.

    Args:
        train: ``train(env_id, *, steps, gamma, seed) -> q``. It makes ``gym.make(env_id)``, takes
            so many steps in it and returns ``q(obs [B, D]) -> [B, A]``: NumPy in, NumPy or a
            tensor out.
        steps: environment steps of a run; there are about ten.
        without: names of findings to leave out, as the program does not claim them.
        seed: that the program gets.
        progress: show a progress bar.

    Raises:
        TypeError: train that cannot be called so, steps that are no whole number.
        ValueError: steps out of range.
    """
    check_call("train", train, "env_id", steps=steps, gamma=0.5, seed=seed)
    check.integer("steps", steps, 500, 1_000_000, remedy="Use 2_000.")
    evidence, complete = _Evidence(), True
    try:
        with tqdm(TASKS, disable=not progress) as bar:
            for name in bar:
                bar.set_description(TASKS[name].asks)
                evidence.collect(train, name, steps, seed)
                if len(evidence.stops) > 1 and not evidence.tables:
                    break  # it never runs
        evidence.seeds = _seeds(train, seed) if evidence.tables else ()
    except KeyboardInterrupt:
        complete = False
    left_out = {without} if isinstance(without, str) else {*without}
    findings = tuple(one for one in evidence.findings() if one.name not in left_out)
    healthy = all(one.passed for one in findings)
    return Examination(findings, () if healthy else tuple(evidence.suspects()), complete)


def _seeds(train: Train, seed: int) -> tuple[bool, ...]:
    try:
        runs = [run(train, "Choice-v0", 200, each) for each in (seed, seed, seed + 1)]
    except ProgramStopped:
        return ()
    first, again, other = ((table.tobytes(), watch.main.actions) for table, watch in runs)
    return first == again, first != other
