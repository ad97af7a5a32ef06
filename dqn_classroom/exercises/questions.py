"""Questions to answer: predictions before a result, and a quiz at the end of a lesson.

Their words stand in the TOML files of :mod:`dqn_classroom.lessons`, which makes them known here.
Answers are kept in the progress file, each as its place among `Question.answers`. Where no widget
can be shown, the text says how to answer by calling ``.answer(...)``.
"""

import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import ipywidgets as ipw

from dqn_classroom import progress
from dqn_classroom.accessible_controls import AccessibleControls
from dqn_classroom.feedback import Feedback


@dataclass(frozen=True)
class Question:
    """A question: one option of several, all that are true, or a number.

    Args:
        prompt: the question.
        options: option -> the sentence that an answer gets. Where all that are true are asked, it
            says why the option is or is not. Of a number: the numbers with an answer of their
            own, and last what is said of any other.
        right: the option that is right, or a list of all that are; of a prediction it is for its
            author and never shown.
        key: under which a prediction is kept.
        measured: what was found, with a place such as ``{mean:.0f}`` for each number.
        why: the reason of what was found, for who teaches it.
        within: a number is asked, and may be off by this part of it.

    Raises:
        ValueError: ``right`` is not among the options.
    """

    prompt: str
    options: Mapping[str, str]
    right: str | Sequence[str] | None = None
    key: str = ""
    measured: str = ""
    why: str = ""
    within: float | None = None

    def __post_init__(self) -> None:
        for right in [self.right or ()] if isinstance(self.right, str) else self.right or ():
            if right not in self.options:
                raise ValueError(f"right = {right!r}: it must be one of {list(self.options)}.")

    @property
    def several(self) -> bool:
        """Whether all options that are true are asked."""
        return self.right is not None and not isinstance(self.right, str)

    @property
    def answers(self) -> tuple[str, ...]:
        """What can be answered: the options, or every set of them."""
        if not self.several:
            return tuple(self.options)
        sets = range(2 ** len(self.options))
        return tuple(" + ".join(self.chosen(number)) or "none of them" for number in sets)

    @property
    def right_answer(self) -> int | None:
        """The place of the right answer among the answers."""
        if self.right is None or isinstance(self.right, str):
            return None if self.right is None else list(self.options).index(self.right)
        return sum(1 << place for place, option in enumerate(self.options) if option in self.right)

    def chosen(self, number: int) -> list[str]:
        """The options in an answer."""
        if not self.several:
            return [self.answers[number]]
        return [option for place, option in enumerate(self.options) if number >> place & 1]

    def reply(self, number: int) -> Feedback:
        """Return what is said of an answer."""
        said, right = self.chosen(number), self.right_answer
        if right is None:
            return Feedback(f"Your prediction: {said[0]}", text=(self.options[said[0]],))
        if self.several and number != right:
            assert self.right is not None
            said = [one for one in self.options if (one in said) != (one in self.right)]
        text = tuple(self.options[one] for one in said)
        return Feedback(self.answers[number], "right" if number == right else "wrong", text)


KEPT = "It is kept. Read on: the measurement comes next."
# Key -> prediction, so that the notebook names the key alone.
PREDICTIONS: dict[str, Question] = {}


class TextAlternative(ipw.VBox):  # type: ignore[misc]
    """Widgets that are text where no widget can be shown, with how to answer by a call."""

    call = ""

    def text(self) -> str:
        """Return the questions as plain text."""
        return "\n".join(child.text() for child in self.children)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        text = f"{self.text()}\n(Without widgets: call {self.call} on this value.)"
        return {**super()._repr_mimebundle_(**kwargs), "text/plain": text}


class QuestionView(TextAlternative):
    """One question; the answer is kept and restored.

    Args:
        question: what is asked.
        part: ``predictions`` or ``quizzes``.
        key: the name under which the answer is kept.
        number: in front of the question.
    """

    call = ".answer(n)"

    def __init__(self, question: Question, part: str, key: str, number: str = "") -> None:
        self.question, self.part, self.key = question, part, key
        self.prompt = f"{number}{question.prompt}"
        kept = progress.load()[part].get(key)
        self.chosen = kept if kept in range(len(question.answers)) else None
        self._reply = ipw.HTML()
        asked = ipw.HTML(f"<strong>{escape(self.prompt)}</strong>")
        named = AccessibleControls(name=self.prompt)
        super().__init__([asked, *self._controls(), self._reply, named])
        self._show_reply()

    def _controls(self) -> list[Any]:
        raise NotImplementedError

    def _keep(self, number: int) -> Feedback:
        if number != self.chosen:
            self.chosen = number
            progress.note_answer(self.part, self.key, number)
            self._show_reply()
        return self.question.reply(number)

    def _show_reply(self) -> None:
        if self.chosen is not None:
            said = self.question.reply(self.chosen)._repr_html_()
            self._reply.value = f'<div role="status">{said}</div>'

    def _numbers(self, numbers: Sequence[int]) -> list[int]:
        """Numbers of options as they are shown, from 0."""
        for number in numbers:
            if number not in range(1, len(self._shown()) + 1):
                most = len(self._shown())
                raise ValueError(f"number = {number!r}: it must be in [1, {most}].")
        return [number - 1 for number in numbers]

    def _shown(self) -> list[str]:
        return list(self.question.options)

    def text(self) -> str:
        """Return the question as plain text."""
        numbered = [f"  {i}. {option}" for i, option in enumerate(self._shown(), 1)]
        return "\n".join([self.prompt, *numbered])


def shown_order(question: Question, part: str, key: str) -> list[int]:
    """Return the places of the options in the order in which they are shown.

    Those of a quiz are shuffled, for each student in another way; but in a room, whose lecturer's
    notes name a number, always in the same.

    Args:
        question, part, key: as for `QuestionView`.
    """
    order = list(range(len(question.options)))
    if part == "quizzes":
        alone = os.environ.get("DQN_LESSONS_PROFILE", "full") in ("", "full")
        random.Random(f"{progress.own_seed() if alone else 0} {key}").shuffle(order)
    return order


class Choice(QuestionView):
    """One option is chosen, by radio buttons."""

    def _controls(self) -> list[Any]:
        self._order = shown_order(self.question, self.part, self.key)
        index = None if self.chosen is None else self._order.index(self.chosen)
        width = ipw.Layout(width="max-content")
        self._buttons = ipw.RadioButtons(options=self._shown(), index=index, layout=width)
        self._buttons.observe(self._on_choice, names="index")
        return [self._buttons]

    def _shown(self) -> list[str]:
        options = list(self.question.options)
        return [options[place] for place in self._order]

    def answer(self, number: int) -> Feedback:
        """Choose option ``number`` (1 is the first), as a click does, and return the reply.

        Raises:
            ValueError: there is no such option.
        """
        (self._buttons.index,) = self._numbers([number])
        return self._keep(self._order[self._buttons.index])

    def _on_choice(self, change: dict[str, Any]) -> None:
        if change["new"] is not None:
            self._keep(self._order[change["new"]])


class Several(QuestionView):
    """All options that are true are chosen, by check boxes."""

    call = ".answer(n, m, ...)"

    def _controls(self) -> list[Any]:
        chosen, width = self.chosen or 0, ipw.Layout(width="max-content")
        self._boxes = [
            ipw.Checkbox(bool(chosen >> place & 1), description=option, indent=False, layout=width)
            for place, option in enumerate(self.question.options)
        ]
        button = ipw.Button(description="Answer", tooltip=f"Answer: {self.prompt}")
        button.on_click(self._on_answer)
        return [*self._boxes, button]

    def answer(self, *numbers: int) -> Feedback:
        """Choose the options with these numbers and no others, and return the reply.

        Raises:
            ValueError: there is no such option.
        """
        chosen = self._numbers(numbers)
        for place, box in enumerate(self._boxes):
            box.value = place in chosen
        return self._on_answer()

    def _on_answer(self, _button: Any = None) -> Feedback:
        return self._keep(sum(box.value << place for place, box in enumerate(self._boxes)))


class Number(QuestionView):
    """A number is typed."""

    call = ".answer(number)"

    def _controls(self) -> list[Any]:
        self._field = ipw.Text(placeholder="a number, then Enter", continuous_update=False)
        self._field.observe(self._on_text, names="value")
        return [self._field]

    def _shown(self) -> list[str]:
        return []

    def answer(self, number: float) -> Feedback:
        """Answer with a number, and return the reply."""
        places = enumerate(list(self.question.options)[:-1])
        within = self.question.within or 0
        near = (i for i, one in places if abs(number - float(one)) <= within * abs(float(one)))
        return self._keep(next(near, len(self.question.options) - 1))

    def _on_text(self, change: dict[str, Any]) -> None:
        try:
            self.answer(float(change["new"].replace(",", ".").replace("−", "-")))
        except ValueError:
            self._reply.value = '<div role="status">Write a number, such as 0.5 or 12.</div>'


def ask(question: Question, part: str, key: str, number: str = "") -> QuestionView:
    """Return the widget for a question; the arguments are those of `QuestionView`."""
    kind = Choice if question.within is None else Number
    return (Several if question.several else kind)(question, part, key, number)


def predict(key: str) -> QuestionView:
    """Ask for a prediction; nothing is judged, and `recall` comes back to it.

    Args:
        key: its name in the TOML file of the lesson, the same as in `recall`.

    Raises:
        KeyError: there is no such prediction.
    """
    return ask(_prediction(key), "predictions", key)


def recall(key: str, /, **numbers: Any) -> Feedback:
    """Return the measurement beside the prediction that was made.

    The sentence stands in the TOML file of the lesson, its numbers come from the notebook: so a
    notebook that was not run yet does not give the answer away.

    Args:
        key: the name of the prediction.
        numbers: what was measured, by the names of its places in the sentence.

    Raises:
        KeyError: there is no such prediction, or a number of its sentence was not passed.
    """
    asked = _prediction(key)
    kept, options = progress.load()["predictions"].get(key), list(asked.options)
    said = "You made no prediction."
    if kept is not None:
        told = options[kept] if 0 <= kept < len(options) else f"answer {kept + 1}"
        said = f"You predicted: {told}."
    measured = f"Measured: {asked.measured.format(**numbers)}"
    return Feedback("Prediction and measurement", text=(said, measured))


def _prediction(key: str) -> Question:
    if key not in PREDICTIONS:
        known = ", ".join(PREDICTIONS)
        raise KeyError(f"there is no prediction {key!r}. Predictions: {known}.")
    return PREDICTIONS[key]


class Quiz(TextAlternative):
    """The questions at the end of a lesson; ``.answer(question, ...)`` needs no mouse."""

    call = ".answer(question, option)"

    def __init__(self, key: str, questions: Sequence[Question]) -> None:
        super().__init__(
            [
                ask(question, "quizzes", f"{key}-{number}", f"{number}. ")
                for number, question in enumerate(questions, 1)
            ]
        )

    def answer(self, question: int, *given: Any) -> Feedback:
        """Answer a question: options and questions are counted from 1; return the reply."""
        reply: Feedback = self.children[question - 1].answer(*given)
        return reply
