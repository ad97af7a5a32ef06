"""Questions to click on: predictions before a result, and a quiz at the end of a lesson.

Their words stand in the TOML files of :mod:`dqn_classroom.lessons`, which makes them known here.
Answers are kept in the progress file. Where no widget can be shown, the text says how to
answer by calling ``.answer(n)``.
"""

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
    """A question with its options.

    Args:
        prompt: the question.
        options: option -> the sentence that an answer gets.
        right: the option that is right; of a prediction it is for its author and never shown.
        key: under which a prediction is kept.
        measured: what was found, with a place such as ``{mean:.0f}`` for each number.

    Raises:
        ValueError: ``right`` is not among the options.
    """

    prompt: str
    options: Mapping[str, str]
    right: str | None = None
    key: str = ""
    measured: str = ""

    def __post_init__(self) -> None:
        if self.right is not None and self.right not in self.options:
            raise ValueError(f"right = {self.right!r}: it must be one of {list(self.options)}.")


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


class Choice(TextAlternative):
    """One question with radio buttons; the answer is kept and restored.

    Args:
        key: the name under which the answer is kept.
        part: ``predictions`` or ``quizzes``.
        prompt: the question.
        replies: option -> what is said once it is chosen.
        right: the option that is right, or None where nothing is judged yet.
    """

    call = ".answer(n)"

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
        progress.note_answer(self.part, self.key, index)
        self._show_reply()

    def text(self) -> str:
        """Return the question as plain text."""
        numbered = [f"  {i}. {option}" for i, option in enumerate(self.replies, 1)]
        return "\n".join([self.prompt, *numbered])


def predict(key: str) -> Choice:
    """Ask for a prediction; nothing is judged, and `recall` comes back to it.

    Args:
        key: its name in the TOML file of the lesson, the same as in `recall`.

    Raises:
        KeyError: there is no such prediction.
    """
    asked = _prediction(key)
    return Choice(key, "predictions", asked.prompt, asked.options, None)


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
    """The questions at the end of a lesson; ``.answer(question, option)`` needs no mouse."""

    call = ".answer(question, option)"

    def __init__(self, key: str, questions: Sequence[Question]) -> None:
        super().__init__(
            [
                Choice(f"{key}-{number}", "quizzes", f"{number}. {q.prompt}", q.options, q.right)
                for number, q in enumerate(questions, 1)
            ]
        )

    def answer(self, question: int, option: int) -> Feedback:
        """Choose an option of a question, both counted from 1, and return the reply."""
        chosen: Choice = self.children[question - 1]
        return chosen.answer(option)
