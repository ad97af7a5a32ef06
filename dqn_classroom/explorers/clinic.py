"""Detective mode: a broken agent, evidence on demand, a diagnosis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as ipw
import numpy as np

from dqn_classroom import progress
from dqn_classroom.accessible_controls import AccessibleControls
from dqn_classroom.clinic import BUGS, HEALTHY, LEARNERS, PROBES, Case
from dqn_classroom.explorers.panel import row
from dqn_classroom.feedback import Feedback

_LAST = 999
_FITS = {"layout": ipw.Layout(width="max-content")}


class Clinic(ipw.VBox):  # type: ignore[misc]
    """Deal a case, look at its curves, order probes, say what it is; the score is kept.

    Every control can be reached with Tab and pressed with Enter or Space.

    Args:
        number: the first case.
        learners: 16, or 1 for a single seed.
    """

    def __init__(self, number: int = 1, learners: int = LEARNERS) -> None:
        self.case: Case
        self.score = {"solved": 0, "cases": 0, "wrong diagnoses": 0, "probes": 0}
        self.number = ipw.BoundedIntText(
            value=number, min=0, max=_LAST, description="case number", **_wide("13em", "7em")
        )
        self.learners = ipw.Dropdown(
            options=[("sixteen learners", LEARNERS), ("one learner", 1)],
            value=learners,
            description="with",
            **_wide("14em", "3em"),
        )
        deal = _button("Deal this case", self._deal)
        at_random = _button("Deal one at random", self._deal_at_random)
        self.probes = {
            name: _button(name, self._order, tooltip=question)
            for name, (question, _) in PROBES.items()
        }
        options = [(f"{bug.part}: {name}", name) for name, bug in BUGS.items()]
        self.diagnosis = ipw.Dropdown(
            options=[("choose", ""), ("nothing is wrong with it", HEALTHY), *options],
            description="diagnosis",
            **_wide("30em", "5em"),
        )
        say = _button("That is it", self._diagnose, style="primary")
        give_up = _button("Tell me", self._tell)
        self.picture, self.reply, self.standing = ipw.HTML(), ipw.HTML(), ipw.HTML()
        self.evidence = ipw.HTML()
        self._buttons = [deal, at_random, say, give_up, *self.probes.values()]
        super().__init__(
            [
                row(self.number, self.learners, deal, at_random),
                self.picture,
                row(ipw.HTML("Order a probe:"), *self.probes.values()),
                self.evidence,
                row(self.diagnosis, say, give_up),
                self.reply,
                self.standing,
                AccessibleControls(),
            ]
        )
        self._deal()

    def deal(self, number: int, learners: int | None = None) -> None:
        """Deal a case by number, as the button does."""
        self.number.value = number
        self.learners.value = learners or self.learners.value
        self._deal()

    def _busy(self, words: str, work: Callable[[], object]) -> None:
        """Say what is computed, let nothing be pressed meanwhile, and never fail in silence."""
        for button in self._buttons:
            button.disabled = True
        self._say(Feedback(words))
        try:
            work()
        finally:
            for button in self._buttons:
                button.disabled = False

    def _say(self, card: Feedback) -> None:
        self.reply.value = f'<div role="status">{card._repr_html_()}</div>'

    def _deal(self, _button: Any = None) -> None:
        def work() -> None:
            self.case = Case(self.number.value, self.learners.value)
            self._settled = False
            self.score["cases"] += 1
            self.picture.value = self.case.curves().html()
            self.evidence.value, self.diagnosis.value = "", ""
            question = "What is wrong with it? Order probes, then choose a diagnosis."
            self._say(Feedback(repr(self.case), text=(self.case.notes(), question)))

        self._busy(f"Training the learners of case {self.number.value}: some seconds.", work)
        self._stand()

    def _deal_at_random(self, _button: Any) -> None:
        self.number.value = int(np.random.default_rng().integers(_LAST + 1))
        self._deal()

    def _order(self, button: ipw.Button) -> None:
        before = self.reply.value
        name = button.description

        def work() -> None:
            new = name not in self.case.results
            card = self.case.evidence(name)
            if new:
                self.score["probes"] += 1
                self.evidence.value = card._repr_html_() + self.evidence.value

        self._busy(f"Running the probe: {name}.", work)
        self.reply.value = before
        self._stand()

    def _diagnose(self, _button: Any) -> None:
        name = self.diagnosis.value
        if not name:
            self._say(
                Feedback("Choose a diagnosis first", text=("The list stands left of the button.",))
            )
            return
        card = self.case.diagnose(name)
        self._say(card)
        if not self._settled:
            self._settled = card.status == "right"
            self.score["solved" if self._settled else "wrong diagnoses"] += 1
            progress.note_diagnosis(self.case.truth, name)
        self._stand()

    def _tell(self, _button: Any) -> None:
        self._settled = True
        self._say(self.case.explanation())
        self._stand()

    def _stand(self) -> None:
        said = ", ".join(f"{name} {count}" for name, count in self.score.items())
        self.standing.value = f"<p>Your score: {said}.</p>"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**kwargs)
        how = (
            f"{self.case!r}. {self.case.notes()}\n(Without widgets: "
            f"case = Case({self.case.number}); case.curves(); "
            'case.evidence("one state"); case.diagnose("healthy"))'
        )
        return {**bundle, "text/plain": how}


def _button(
    name: str, press: Callable[[Any], None], tooltip: str = "", style: str = ""
) -> ipw.Button:
    button = ipw.Button(description=name, tooltip=tooltip or name, button_style=style, **_FITS)
    button.on_click(press)
    return button


def _wide(width: str, description: str) -> dict[str, Any]:
    return {"layout": ipw.Layout(width=width), "style": {"description_width": description}}
