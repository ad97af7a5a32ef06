"""Questions to click on: predictions before a result, and a quiz at the end of a lesson.

Their words stand in the TOML files of :mod:`dqn_classroom.lessons`, which makes them known here.
Answers are kept in the progress file. Where no widget can be shown, the text says how to
answer by calling ``.answer(n)``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import ipywidgets as ipw

from dqn_classroom import progress
from dqn_classroom.accessible_controls import AccessibleControls
from dqn_classroom.feedback import Feedback


@dataclass(frozen=True)
class Prediction:
    """What is asked before a result; ``right`` is for the lesson's author, never shown.

    Raises:
        ValueError: ``right`` is not among the options.
    """

    key: str
    prompt: str
    options: Sequence[str]
    right: str | None = None

    def __post_init__(self) -> None:
        if self.right is not None:
            _check_right(self.right, self.options)


def _check_right(right: str, options: Collection[str]) -> None:
    if right not in options:
        raise ValueError(f"right = {right!r}: it must be one of {list(options)}.")


# Key -> prediction, so that the notebook names the key alone.
PREDICTIONS: dict[str, Prediction] = {}


@dataclass(frozen=True)
class Question:
    """A quiz question: option -> the sentence that an answer gets; one option is right.

    Raises:
        ValueError: ``right`` is not among the options.
    """

    prompt: str
    options: Mapping[str, str]
    right: str

    def __post_init__(self) -> None:
        _check_right(self.right, self.options)


class Choice(ipw.VBox):  # type: ignore[misc]
    """One question with radio buttons; the answer is kept and restored.

    Args:
        key: the name under which the answer is kept.
        part: ``predictions`` or ``quizzes``.
        prompt: the question.
        replies: option -> what is said once it is chosen.
        right: the option that is right, or None where nothing is judged yet.
    """

    def __init__(
        self, key: str, part: str, prompt: str, replies: Mapping[str, str], right: str | None
    ) -> None:
        self.key, self.part, self.prompt, self.right = key, part, prompt, right
        self.replies = dict(replies)
        self._buttons = ipw.RadioButtons(
            options=list(self.replies), index=None, layout=ipw.Layout(width="max-content")
        )
        self._reply = ipw.HTML()
        kept = progress.load()[part].get(key)
        if kept is not None and 0 <= kept < len(self.replies):
            self._buttons.index = kept
            self._show_reply()
        self._buttons.observe(self._on_choice, names="index")
        question = ipw.HTML(f"<strong>{escape(prompt)}</strong>")
        super().__init__([question, self._buttons, self._reply, AccessibleControls(name=prompt)])

    def answer(self, number: int) -> Feedback:
        """Choose option ``number`` (1 is the first), as a click does, and return the reply.

        Raises:
            ValueError: there is no such option.
        """
        if number not in range(1, len(self.replies) + 1):
            raise ValueError(f"number = {number!r}: it must be in [1, {len(self.replies)}].")
        self._buttons.index = number - 1
        return self.reply()

    def reply(self) -> Feedback:
        """Return what is said about the present answer."""
        chosen = self._buttons.value
        if self.right is None:
            return Feedback(f"Your prediction: {chosen}", text=(self.replies[chosen],))
        status = "right" if chosen == self.right else "wrong"
        return Feedback(chosen, status, (self.replies[chosen],))

    def _show_reply(self) -> None:
        self._reply.value = f'<div role="status">{self.reply()._repr_html_()}</div>'

    def _on_choice(self, change: dict[str, Any]) -> None:
        index = change["new"]
        if index is None:
            return
        progress.update(lambda record: record[self.part].update({self.key: index}))
        self._show_reply()

    def text(self) -> str:
        """Return the question as plain text."""
        numbered = [f"  {i}. {option}" for i, option in enumerate(self.replies, 1)]
        return "\n".join([self.prompt, *numbered])

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**kwargs)
        how = "(Without widgets: call .answer(n) on this value.)"
        return {**bundle, "text/plain": f"{self.text()}\n{how}"}


def predict(key: str) -> Choice:
    """Ask for a prediction; nothing is judged, and `recall` comes back to it.

    Args:
        key: its name in the TOML file of the lesson, the same as in `recall`.

    Raises:
        KeyError: there is no such prediction.
    """
    if key not in PREDICTIONS:
        known = ", ".join(PREDICTIONS)
        raise KeyError(f"there is no prediction {key!r}. Predictions: {known}.")
    asked = PREDICTIONS[key]
    kept = "It is kept. Read on: the measurement comes next."
    return Choice(key, "predictions", asked.prompt, dict.fromkeys(asked.options, kept), None)


def recall(key: str, measured: str) -> Feedback:
    """Return the measurement beside the prediction that was made.

    Args:
        key: the name of the prediction.
        measured: what was found, as a sentence.
    """
    kept = progress.load()["predictions"].get(key)
    options = PREDICTIONS[key].options if key in PREDICTIONS else ()
    said = "You made no prediction."
    if kept is not None:
        told = options[kept] if 0 <= kept < len(options) else f"answer {kept + 1}"
        said = f"You predicted: {told}."
    return Feedback("Prediction and measurement", text=(said, f"Measured: {measured}"))


class Quiz(ipw.VBox):  # type: ignore[misc]
    """The questions at the end of a lesson; ``.answer(question, option)`` needs no mouse."""

    def __init__(self, key: str, questions: Sequence[Question]) -> None:
        self.choices = [
            Choice(f"{key}-{number}", "quizzes", f"{number}. {q.prompt}", q.options, q.right)
            for number, q in enumerate(questions, 1)
        ]
        super().__init__(self.choices)

    def answer(self, question: int, option: int) -> Feedback:
        """Choose an option of a question, both counted from 1, and return the reply."""
        return self.choices[question - 1].answer(option)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**kwargs)
        how = "(Without widgets: call .answer(question, option) on this value.)"
        text = "\n".join([*(choice.text() for choice in self.choices), how])
        return {**bundle, "text/plain": text}
