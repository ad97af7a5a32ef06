"""The page that a lecturer reads: one file, no script, nothing fetched."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from dqn_classroom.instructor.class_summary.catalogue import GENERAL, Course
from dqn_classroom.instructor.class_summary.counting import (
    Counts,
    Mistake,
    Tally,
    ranked_confusions,
    ranked_mistakes,
)
from dqn_classroom.instructor.class_summary.figures import bars, matrix
from dqn_classroom.instructor.class_summary.markup import (
    Cell,
    closed,
    paragraph,
    plural,
    section,
    share,
    table,
)

TOP = 5
_DRAWN = 15
_STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff;
       max-width: 62rem; margin: 0 auto; padding: 1rem 1.5rem 4rem; }
h1, h2, h3 { line-height: 1.25; } h2 { margin-top: 2.5rem; border-bottom: 2px solid #0072b2; }
table { border-collapse: collapse; margin: 1rem 0; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .25rem .7rem; border: 1px solid #8c8c8c; }
thead th { background: #eef3f8; } td { white-space: pre-line; }
td.n { text-align: right; font-variant-numeric: tabular-nums; } td.short { white-space: nowrap; }
ol.lead > li { margin: .8rem 0; } .note { border-left: 6px solid #a34700; padding: .2rem .9rem; }
.wide { overflow-x: auto; } img { max-width: 100%; height: auto; }
summary { cursor: pointer; font-weight: 600; padding: .3rem 0; }
"""
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>Class summary: Deep Q-Networks</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>Class summary</h1>
{body}
</main>
</body>
</html>
"""


def _about(counts: Counts, skipped: int, copies: int) -> str:
    text = f"From {plural(counts.students, 'progress file')}; each stands for one student."
    if skipped:
        text += f" Left out because they could not be used: {plural(skipped, 'file')}."
    if copies:
        text += f" Equal to another and not counted again: {plural(copies, 'file')}."
    if counts.unknown:
        text += f" Entries with names that this version does not know: {counts.unknown:,}."
    care = (
        "No names are kept, but a count of 1 can point to a person, above all in a small class. "
        "Think before you show this page to the room."
    )
    if counts.students == 1:
        care = "This page is made from one file: it shows what one student did."
    return paragraph(text) + "\n" + paragraph(care, "note")


def top_five(counts: Counts, course: Course) -> list[str]:
    """Return a line for each of the most common misconceptions, for a terminal."""
    return [
        f"lesson {m.lesson}, {m.task}: {m.name}, {share(m.tally.students, m.tried)}"
        for m in ranked_mistakes(counts, course)[:TOP]
    ]


def _lead(mistakes: Sequence[Mistake]) -> str:
    title = "What to talk about next time"
    if not mistakes:
        return section(title, paragraph("No misconception was met that the course knows."))
    items = []
    for met in mistakes[:TOP]:
        tally = met.tally
        facts = (
            f"lesson {met.lesson}, {met.task}: {share(tally.students, met.tried)} students who "
            f"tried it, {plural(tally.times, 'time')} in all; not passed yet by "
            f"{tally.not_passed} of the {tally.students}."
        )
        items.append(
            f"<li><strong>{html.escape(met.name)}</strong>, {html.escape(facts)}<br>"
            f"The course answers: <q>{html.escape(met.said)}</q></li>"
        )
    text = "The misconceptions that most students met, counted in students, not in attempts."
    return section(title, paragraph(text), '<ol class="lead">', *items, "</ol>")


def _exercises(counts: Counts, course: Course) -> str:
    tasks = counts.tasks
    labels = [f"{course.tasks[name].lesson} · {name}" for name in tasks]
    tried, passed = [t.tried for t in tasks.values()], [t.passed for t in tasks.values()]
    left = max(tasks, key=lambda name: tasks[name].tried - tasks[name].passed)
    alt = (
        f"Bars for {len(tasks)} exercises in the order of the lessons: how many tried, how many "
        f"passed. {sum(map(bool, tried))} exercises were tried by somebody."
    )
    if tasks[left].tried > tasks[left].passed:
        open_ = tasks[left].tried - tasks[left].passed
        alt += f" Most are stuck in {left}: {share(open_, tasks[left].tried)} have not passed."
    rows: list[list[Cell]] = [
        [
            course.tasks[name].lesson,
            name,
            share(task.tried, counts.students),
            share(task.passed, task.tried),
            "" if task.median_attempts is None else task.median_attempts,
            share(task.hinted, counts.students),
        ]
        for name, task in tasks.items()
    ]
    head = ("lesson", "exercise", "tried", "passed", "median attempts", "took a hint")
    return section(
        "Exercises",
        bars(labels, passed, tried, ("passed", "tried"), alt),
        table("Exercises in the order of the lessons", head, rows),
    )


def _misconceptions(mistakes: Sequence[Mistake], counts: Counts, course: Course) -> str:
    parts = []
    if mistakes:
        drawn = mistakes[:_DRAWN]
        first = drawn[0]
        alt = (
            f"Bars for the {plural(len(drawn), 'most common misconception')}: how many of the "
            f"students who tried the exercise met it. The most common is {first.name} in "
            f"{first.task}: {share(first.tally.students, first.tried)}."
        )
        labels = [f"{m.lesson} · {m.task}: {m.name}" for m in drawn]
        students, tried = [m.tally.students for m in drawn], [m.tried for m in drawn]
        parts.append(bars(labels, students, tried, ("met it", "tried the exercise"), alt))
    for lesson in dict.fromkeys(task.lesson for task in course.tasks.values()):
        rows: list[list[Cell]] = [
            [m.task, m.name, share(m.tally.students, m.tried), m.tally.times, m.tally.not_passed]
            for m in mistakes
            if m.lesson == lesson
        ]
        head = ("exercise", "misconception", "students", "times", "of them not passed yet")
        if rows:
            label = f"Lesson {lesson}: {plural(len(rows), 'misconception')} met"
            parts.append(closed(label, table("The most common first", head, rows)))
    return section("Misconceptions", *(parts or [paragraph("None was met.")]), _general(counts))


def _general(counts: Counts) -> str:
    if not counts.general:
        return ""
    found = sorted(counts.general.items(), key=lambda item: (-item[1].students, item[0]))
    rows: list[list[Cell]] = [
        [name, GENERAL[name], share(t.students, counts.students), t.times] for name, t in found
    ]
    head = ("mistake", "what it means", "students", "times")
    return table("Mistakes in the code rather than in the idea, over all exercises", head, rows)


def _quizzes(counts: Counts, course: Course) -> str:
    asked = {key: chosen for key, chosen in counts.quizzes.items() if chosen}
    if not asked:
        return section("Quizzes", paragraph("Nobody has answered yet."))
    labels, right, answered, rows = [], [], [], []
    for key, chosen in asked.items():
        question = course.quizzes[key]
        assert question.right is not None
        labels.append(key.replace("lesson ", "").replace("-", " · question "))
        right.append(chosen[question.right])
        answered.append(chosen.total())
        wrong = [(n, -i) for i, n in chosen.items() if i != question.right]
        other = "" if not wrong else question.options[-max(wrong)[1]]
        rows.append([labels[-1], question.prompt, share(right[-1], answered[-1]), other])
    worst = min(range(len(labels)), key=lambda i: right[i] / answered[i])
    alt = (
        f"Bars for {plural(len(labels), 'quiz question')} in the order of the lessons: how many "
        "of the answers are right. The smallest share is "
        f"{share(right[worst], answered[worst])}, at {labels[worst]}."
    )
    head = ("lesson and number", "question", "right", "most common wrong answer")
    return section(
        "Quizzes",
        paragraph("The file keeps a student's last answer to a question, not the first."),
        bars(labels, right, answered, ("right", "answered"), alt),
        table("Quiz questions", head, rows),
    )


def _predictions(counts: Counts, course: Course) -> str:
    rows: list[list[Cell]] = [
        [
            question.lesson,
            question.prompt,
            "\n".join(f"{chosen[i]} · {option}" for i, option in enumerate(question.options)),
            chosen.total(),
        ]
        for key, question in course.predictions.items()
        if (chosen := counts.predictions[key])
    ]
    if not course.predictions:
        text = "The notebooks are not beside the package, so that the questions are not known."
        return section("Predictions", paragraph(text))
    if not rows:
        return section("Predictions", paragraph("Nobody has made one yet."))
    head = ("lesson", "question", "chosen", "answers")
    return section(
        "Predictions",
        paragraph(
            "A prediction is made before the result and is not judged. How many chose each option:"
        ),
        table("Predictions", head, rows),
    )


def _clinic(counts: Counts, course: Course) -> str:
    if not counts.met:
        return section("Bug clinic", paragraph("Nobody has given a diagnosis yet."))
    parts = list(dict.fromkeys(course.bugs.values()))
    planted = [p for p in parts if any(counts.parts[p, said] for said in parts)]
    numbers = np.array([[counts.parts[p, said] for said in parts] for p in planted])
    confusions = ranked_confusions(counts, course)
    alt = (
        "A table of shades: in which part of the loop the bug was planted (rows), in which part "
        "it was looked for (columns), counted in students."
    )
    if confusions:
        bug, said, tally = confusions[0]
        alt += f" Most common: {bug}, taken for {said}, {share(tally.students, counts.met[bug])}."
    rows: list[list[Cell]] = [
        [b, s, share(t.students, counts.met[b]), t.times] for b, s, t in confusions[:_DRAWN]
    ]
    found = [
        [bug, part, share(counts.taken_for.get((bug, bug), Tally()).students, counts.met[bug])]
        for bug, part in course.bugs.items()
        if counts.met[bug]
    ]
    cells: list[list[Cell]] = [[p, *map(int, row)] for p, row in zip(planted, numbers, strict=True)]
    named = table("Every bug that was met", ("planted", "part", "named by"), found)
    return section(
        "Bug clinic",
        matrix(planted, parts, numbers, alt),
        closed("The numbers of the figure", table("Students", ("planted in", *parts), cells)),
        table("Taken for another", ("planted", "taken for", "students", "times"), rows)
        if rows
        else paragraph("No bug was taken for another."),
        closed("Which bugs were named", named),
    )


def render(counts: Counts, course: Course, skipped: int = 0, copies: int = 0) -> str:
    """Return the page.

    Args:
        counts: the counts of a class.
        course: the names that were counted.
        skipped: number of files that were left out.
        copies: number of files equal to another, not counted again.
    """
    mistakes = ranked_mistakes(counts, course)
    sections = [
        _about(counts, skipped, copies),
        _lead(mistakes),
        _exercises(counts, course),
        _misconceptions(mistakes, counts, course),
        _quizzes(counts, course),
        _predictions(counts, course),
        _clinic(counts, course),
    ]
    return _PAGE.format(style=_STYLE, body="\n".join(sections))
