"""The map of objectives, slides, exercises and questions: ``python -m tests.classroom.kit``."""

from dqn_classroom.instructor.answers import notebooks, title
from dqn_classroom.lessons import LESSONS
from dqn_lessons.experiments.files import atomic_write
from tests.notebooks.tools import NOTEBOOKS

SYLLABUS = NOTEBOOKS.parent / "docs" / "syllabus.md"
MAP = "\n## Objectives, slides, exercises, questions\n"


def _elsewhere(lesson, name, other):
    return name if other is lesson else f"{name} (lesson {other.number})"


def objectives_table():
    """Return the map as Markdown, a table for each lesson."""
    exercises = {name: one for one in LESSONS.values() for name in one.exercises}
    text = (
        "\nWritten by `python -m tests.classroom.kit` from the lessons' files; `quiz 2` is the"
        "\nsecond question. What a later lesson asks stands with its number.\n"
    )
    for lesson, notebook in notebooks():
        text += f"\n### {lesson.number} · {lesson.title}\n\n"
        text += "| you can | slides | do | answer |\n|---|---|---|---|\n"
        goals = notebook.cells[0].source.split("you can**")[1].split("\n\n*")[0]
        goals = [line[2:].rstrip(";.") for line in goals.splitlines() if line.startswith("- ")]
        names = {cell.id: title(cell) for cell in notebook.cells}
        for goal, row in zip(goals, lesson.teaching["objectives"], strict=True):
            slides = "; ".join(names[cell] for cell in row["slides"])
            do = [
                _elsewhere(lesson, f"`{name}`", exercises[name])
                for name in row.get("exercises", ())
            ]
            do += [f"the cell `{cell}`" for cell in row.get("tasks", ())]
            asked = [key.rpartition("-") for key in row.get("quiz", ())]
            answer = [f"predict `{key}`" for key in row.get("predictions", ())]
            answer += [_elsewhere(lesson, f"quiz {n}", LESSONS[topic]) for topic, _, n in asked]
            text += f"| {goal} | {slides} | {', '.join(do) or '–'} | {', '.join(answer) or '–'} |\n"
    return text


if __name__ == "__main__":
    before = SYLLABUS.read_text(encoding="utf-8").split(MAP)[0]
    with atomic_write(SYLLABUS) as file:
        file.write(before + MAP + objectives_table())
