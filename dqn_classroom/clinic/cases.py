"""Detective mode: a case case_of by number, evidence on demand, a diagnosis, an explanation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dqn_classroom.clinic.bugs import BUGS, HEALTHY, edits_of
from dqn_classroom.clinic.diagnosis import disagreements, evidence_card, table
from dqn_classroom.clinic.inject import changed_lines, injected
from dqn_classroom.clinic.measurements import ProbeResult
from dqn_classroom.clinic.probes import probe
from dqn_classroom.clinic.training_cases import (
    LEARNERS,
    healthy,
    shares_outside,
    train_case,
)
from dqn_classroom.feedback import Feedback
from dqn_classroom.figures import AccessibleFigure, versus_healthy_band
from dqn_lessons import checks as check

_HEALTHY_DEALS = 3


def case_of(number: int, learners: int) -> str:
    """Which bug, or ``"healthy"``, a case number stands for."""
    names = [name for name, bug in BUGS.items() if learners > 1 or not bug.needs_many]
    deck = names + [HEALTHY] * _HEALTHY_DEALS
    return deck[int(np.random.default_rng([6, number]).integers(len(deck)))]


@dataclass(frozen=True)
class Answer:
    """What is said of a diagnosis."""

    right: bool
    card: Feedback


class Case:
    """One patient: look at the curves, ask for evidence, say what it is.

    Args:
        number: which case; the same number is the same case on every machine.
        learners: 16, or 1 for the luck of a single seed.

    Raises:
        TypeError, ValueError: a number below 0, or learners that are neither 1 nor 16.
    """

    def __init__(self, number: int, learners: int = LEARNERS) -> None:
        check.integer("number", number, 0, remedy="Use a case number such as 7.")
        if learners not in (1, LEARNERS):
            raise ValueError(f"learners = {learners!r}: it must be 1 or {LEARNERS}. Use 16.")
        self.number, self.learners = number, learners
        self._name = case_of(number, learners)
        first = 1_000 + 100 * number
        self.buggy = train_case(self._name, range(first, first + learners))
        self.asked: list[str] = []
        self._findings: dict[str, ProbeResult] = {}

    @property
    def truth(self) -> str:
        """What it is: the name of a bug, or ``"healthy"``."""
        return self._name

    def __repr__(self) -> str:
        return f"Case {self.number}, {self.learners} learner{'s' * (self.learners > 1)}"

    def curves(self) -> AccessibleFigure:
        """Draw what an engineer watches, beside sixteen healthy learners."""
        mine, band = self.buggy.curves(), healthy().curves()
        panels = {name: (mine[name], band[name]) for name in band}
        steps = healthy().history.eval_step
        return versus_healthy_band(steps, panels, f"case {self.number}", self.buggy.stopped)

    def notes(self) -> str:
        """How much of each curve lies outside the healthy band."""
        shares = [f"{name} {share:.0%}" for name, share in shares_outside(self.buggy).items()]
        said = f"Outside the band of healthy learners: {', '.join(shares)}."
        return f"{self.buggy.stopped} {said}".strip()

    def _finding(self, name: str) -> ProbeResult:
        if name not in self._findings:
            with injected(edits_of(self._name)):
                self._findings[name] = probe(name)
        return self._findings[name]

    def evidence(self, name: str) -> Feedback:
        """Order a probe of the patient; see :data:`~dqn_classroom.clinic.PROBES`.

        Raises:
            KeyError: no probe has that name.
        """
        finding = self._finding(name)
        if name not in self.asked:
            self.asked.append(name)
        return evidence_card(finding)

    def diagnose(self, name: str) -> Answer:
        """Say what it is: the name of a bug, or ``"healthy"``.

        Raises:
            KeyError: no diagnosis has that name.
        """
        if name not in (*BUGS, HEALTHY):
            raise KeyError(
                f"there is no diagnosis {name!r}. Diagnoses: {', '.join((*BUGS, HEALTHY))}."
            )
        if name == self._name:
            return Answer(True, self.explanation("right"))
        return Answer(False, self._why_not(name))

    def explanation(self, status: str = "") -> Feedback:
        """Tell what it is, which line was changed, where it was seen, how it is caught."""
        title = f"Case {self.number}: {self._name}"
        if self._name not in BUGS:
            said = "Nothing was planted. What looked odd was luck."
            return Feedback(title, status, (said,))
        bug = BUGS[self._name]
        text = (
            f"How it shows: {bug.shows}",
            f"Seen in: {bug.source}.",
            f"What catches it: the probe “{bug.caught_by}”. {bug.lesson}",
        )
        return Feedback(title, status, text, changed_lines(bug.edits))

    def _why_not(self, name: str) -> Feedback:
        known, here = table()[name], table()[self._name]
        places = list(disagreements(known, here))
        # What was asked for already speaks louder than what was not.
        places.sort(key=lambda place: place[0] not in self.asked)
        probe_name, number = places[0]
        title = f"Case {self.number} is not: {name}"
        if probe_name not in self.asked:
            said = f"Another probe speaks against it. Ask for “{probe_name}”."
            return Feedback(title, "wrong", (said,))
        finding = self._finding(probe_name)
        if number < 0 or finding.stopped:
            with_it = known[probe_name][0] or "runs through"
            here_it = finding.stopped or "runs through"
            said = f"With it, the probe “{probe_name}” would say: {with_it}. Here: {here_it}."
            return Feedback(title, "wrong", (said,))
        reading, expected = finding.measurements[number], known[probe_name][1][number]
        if expected is None:
            expected_words = "within" if known[probe_name][2][number] else "outside"
            would = f"be {expected_words} what is healthy"
        else:
            would = f"be {expected:.4g}"
        said = (
            f"In the probe “{probe_name}”, “{reading.label}” would {would}; "
            f"here it is {reading.value:.4g}."
        )
        return Feedback(title, "wrong", (said,))
