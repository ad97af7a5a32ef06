"""The generated half of the syllabus: ``python -m tests.classroom.kit``."""

import re

from dqn_classroom.instructor.answers import notebooks, title
from dqn_classroom.lessons import LESSONS
from dqn_lessons.experiments.files import atomic_write
from tests.notebooks.tools import NOTEBOOKS

SYLLABUS = NOTEBOOKS.parent / "docs" / "syllabus.md"
GENERATED = "\n## In 50 minutes\n"


def slides(notebook):
    """Return id -> (number, heading, minutes) of each slide, as lecture mode lists them."""
    found, heading = {}, ""
    for cell in notebook.cells:
        kind, text = cell.metadata.slideshow.slide_type, cell.source
        named = re.search(r"^#+\s+(.+?)\s*(`|$)", text * (cell.cell_type == "markdown"), re.M)
        if kind != "skip" and named:
            heading = named[1]
        if kind in ("slide", "subslide"):
            found[cell.id] = len(found) + 1, heading, cell.metadata.lecture["minutes"]
    return found


def fifty_minutes():
    """Return the plans for 50 minutes as a Markdown table."""
    text = (
        "\nThe slides of the first column are what a lesson is about, and stay. Turn over those"
        "\nof the second with `PageDown`, or jump with `G`, whose list has these numbers and names."
        "\nThe bar still counts their minutes. What is left leaves at least three minutes for"
        "\nquestions. A quiz that is left out is homework, and so are exercises.\n\n"
        "| lesson | the idea | leave out | minutes |\n|---|---|---|---|\n"
    )
    for lesson, notebook in notebooks():
        plan, known = lesson.teaching["in_50_minutes"], slides(notebook)
        columns = [
            "; ".join(f"{known[name][0]} {known[name][1]}" for name in plan[part]) or "nothing"
            for part in ("keep", "leave_out")
        ]
        left = lesson.minutes - sum(known[name][2] for name in plan["leave_out"])
        text += f"| {lesson.number} · {lesson.title} | {' | '.join(columns)} | {left} |\n"
    return text


def _elsewhere(lesson, name, other):
    return name if other is lesson else f"{name} (lesson {other.number})"


def objectives_table():
    """Return the map of objectives as Markdown, a table for each lesson."""
    exercises = {name: one for one in LESSONS.values() for name in one.exercises}
    text = (
        "\n## Objectives, slides, exercises, questions\n\n"
        "`quiz 2` is the second question. What another lesson asks stands with its number.\n"
    )
    for lesson, notebook in notebooks():
        text += f"\n### {lesson.number} · {lesson.title}\n\n"
        text += "| you can | slides | do | answer |\n|---|---|---|---|\n"
        goals = notebook.cells[0].source.split("you can**")[1].split("\n\n*")[0]
        goals = [line[2:].rstrip(";.") for line in goals.splitlines() if line.startswith("- ")]
        names = {cell.id: title(cell) for cell in notebook.cells}
        for goal, row in zip(goals, lesson.teaching["objectives"], strict=True):
            shown = "; ".join(names[cell] for cell in row["slides"])
            do = [
                _elsewhere(lesson, f"`{one}`", exercises[one]) for one in row.get("exercises", ())
            ]
            do += [f"the cell `{cell}`" for cell in row.get("tasks", ())]
            asked = [key.rpartition("-") for key in row.get("quiz", ())]
            answer = [f"predict `{key}`" for key in row.get("predictions", ())]
            answer += [_elsewhere(lesson, f"quiz {n}", LESSONS[topic]) for topic, _, n in asked]
            text += f"| {goal} | {shown} | {', '.join(do) or '–'} | {', '.join(answer) or '–'} |\n"
    return text


def generated():
    """Return what the syllabus must hold from the plans for 50 minutes on."""
    return fifty_minutes() + objectives_table()


if __name__ == "__main__":
    before = SYLLABUS.read_text(encoding="utf-8").split(GENERATED)[0]
    with atomic_write(SYLLABUS) as file:
        file.write(before + GENERATED + generated())
