"""Lecture mode: a JupyterLab extension without a build; the wheel puts it where Lab looks.

It asks the kernel for `votes`: only there are the questions known, and the progress file.
"""

import re
from collections.abc import Mapping

from IPython.display import JSON

from dqn_classroom import progress
from dqn_classroom.exercises.questions import PREDICTIONS, shown_order
from dqn_classroom.lessons import LESSONS

_ASKS = re.compile(r"""^(predict|quiz)\(["'](.+?)["']\)""", re.MULTILINE)


def votes(source: str, counts: Mapping[str, Mapping[str, int]] | None = None) -> JSON:
    """Keep the votes of a room, counted by hand; return them with the questions they answer.

    Args:
        source: the code of the cells on the slide.
        counts: question -> number of an option, from 0 -> hands; None keeps nothing.

    Returns:
        Question -> its prompt, the place and the words of each option in the order that the room
        sees, and the counts that are kept.

    Raises:
        ValueError: a count is no whole number from 0 to 1,000,000.
    """
    if counts is not None:
        if problem := progress.fault({**progress.empty(), "votes": counts}):
            raise ValueError(f"counts = {counts!r}: {problem}.")
        progress.update(lambda record: record.setdefault("votes", {}).update(counts))
    asked = {}
    for kind, name in _ASKS.findall(source):
        if kind == "predict":
            asked["predictions", name] = PREDICTIONS[name]
            continue
        lesson = LESSONS[name]
        for number, question in enumerate(lesson.quiz, 1):
            # Fingers are counted where one option is chosen; a number is called out.
            if question.within is None and not question.several:
                asked["quizzes", f"{lesson.key}-{number}"] = question
    kept, data = progress.load().get("votes", {}), {}
    for (part, key), one in asked.items():
        options = list(enumerate(one.options))
        shown = [options[place] for place in shown_order(one, part, key)]
        data[key] = {"prompt": one.prompt, "options": shown, "counts": kept.get(key, {})}
    return JSON(data)
