"""Lecture mode: a JupyterLab extension without a build; the wheel puts it where Lab looks.

It asks the kernel for `votes`: only there are the questions known, and the progress file.
"""

import re
from collections.abc import Mapping

from IPython.display import JSON

from dqn_classroom import progress
from dqn_classroom.exercises.questions import PREDICTIONS
from dqn_classroom.lessons import LESSONS

_ASKS = re.compile(r"""^(predict|quiz)\(["'](.+?)["']\)""", re.MULTILINE)


def votes(source: str, counts: Mapping[str, Mapping[str, int]] | None = None) -> JSON:
    """Keep the votes of a room, counted by hand; return them with the questions they answer.

    Args:
        source: the code of the cells on the slide.
        counts: question -> number of an option, from 0 -> hands; None keeps nothing.

    Returns:
        Question -> its prompt, its options and the counts that are kept.

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
            asked[name] = PREDICTIONS[name]
        else:
            lesson = LESSONS[name]
            asked |= {f"{lesson.key}-{i}": one for i, one in enumerate(lesson.quiz, 1)}
    kept = progress.load().get("votes", {})
    return JSON(
        {
            key: {"prompt": q.prompt, "options": [*q.options], "counts": kept.get(key, {})}
            for key, q in asked.items()
        }
    )
