"""The kit to teach from: what a lesson asks has its answer, and no objective is uncovered."""

import ast
import json
import re

import pytest

from dqn_classroom.exercises import check
from dqn_classroom.figures import AccessibleFigure, bias_curves
from dqn_classroom.instructor import answers, figures
from dqn_classroom.lessons import LESSONS
from tests.classroom.kit import GENERATED, SYLLABUS, generated, slides
from tests.notebooks.tools import NOTEBOOKS

DOCS = NOTEBOOKS.parent / "docs"
NOTEBOOK = {lesson.topic: notebook for lesson, notebook in answers.notebooks()}
EACH = pytest.mark.parametrize("topic", LESSONS)
QUIZ = {f"{t}-{n}": q for t, one in LESSONS.items() for n, q in enumerate(one.quiz, 1)}
EXERCISES = {name: lesson for lesson in LESSONS.values() for name in lesson.exercises}


def sources(topic):
    return {cell.id: cell.source for cell in NOTEBOOK[topic].cells}


@pytest.fixture(scope="module")
def keys():
    return {topic: answers.answer_key(LESSONS[topic], book) for topic, book in NOTEBOOK.items()}


def test_every_lesson_of_the_course_has_its_notebook():
    assert list(NOTEBOOK) == list(LESSONS)


@EACH
def test_every_exercise_is_solved(topic, keys):
    cells = answers.exercise_functions(keys[topic])
    assert list(cells) == list(LESSONS[topic].exercises)
    for name, (cell, _) in cells.items():
        assert check.find(name).solution in cell.source


@EACH
def test_every_prediction_and_question_has_its_answer_and_its_reason(topic, keys):
    cells = {cell.id: cell.source for cell in keys[topic].cells}
    asked_in = {cell.id: cell.source for cell in NOTEBOOK[topic].cells}
    for asked in LESSONS[topic].predictions:
        (where,) = [name for name, text in asked_in.items() if f'predict("{asked.key}")' in text]
        assert asked.why, f"prediction {asked.key!r} of {topic}.toml: write why = ..."
        assert "{" not in asked.why
        assert asked.right in cells[f"{where}-answer"]
        assert asked.why in cells[f"{where}-answer"]
    said = cells["quiz-answer"]
    for asked in LESSONS[topic].quiz:
        assert asked.prompt in said
        for right in asked.chosen(asked.right_answer):
            assert right in said
            assert asked.options[right] in said
        wrong = set(asked.options) - set(asked.chosen(asked.right_answer))
        assert not any(asked.options[one] in said for one in wrong)


@EACH
def test_what_is_to_be_tried_and_discussed_has_a_model_answer(topic, keys):
    lesson, book = LESSONS[topic], NOTEBOOK[topic]
    said = keys[topic].cells[-1].source
    if "*Try before you go:*" in book.cells[-1].source:
        assert lesson.answers, f"{topic}.toml: write answers = [...] for *Try before you go*."
    assert all(answer in said for answer in lesson.answers)
    pairs = answers.discussion(book)
    assert len(pairs) >= 1 + (lesson.number > 0), f"{lesson.file}: write 'Discuss: ... Answer: ...'"
    asks = sum(
        cell.metadata.get("lecture", {}).get("say", "").count("Discuss:") for cell in book.cells
    )
    assert len(pairs) == asks, f"{lesson.file}: a prompt is without its 'Answer: ...'"
    assert all(ask in said and answer in said for ask, answer in pairs)


@EACH
def test_the_answer_key_can_be_read_as_a_script(topic, keys):
    cells = {cell.id: cell.source for cell in keys[topic].cells}
    for cell in NOTEBOOK[topic].cells:
        if said := cell.metadata.get("lecture", {}).get("say"):
            note = cells[f"{cell.id}-note"]
            assert note.startswith("> *Say:* ")
            assert said.startswith(note.removeprefix("> *Say:* "))
            assert "Discuss:" not in note


@EACH
def test_who_showed_it_is_in_the_references_or_this_course(topic):
    book = NOTEBOOK[topic]
    (listed,) = [cell.source for cell in book.cells if cell.id == "references"]
    shown = answers.who_showed_it(book)
    assert len(shown) >= 2, f"{LESSONS[topic].file}: write 'Who showed it: ...' in the notes."
    notes = [cell.metadata.get("lecture", {}).get("say", "") for cell in book.cells]
    assert len(shown) == sum(note.count("Who showed it:") for note in notes)
    for by in shown.values():
        named = re.findall(r"([A-Z]\w+|van \w+)[^:;()]*? \((\d{4})\)", by)
        assert named or by.startswith("this course"), by
        for name, year in named:
            entries = [line for line in listed.splitlines() if f"({year})" in line]
            assert any(line.lower().startswith(f"- {name.lower()}") for line in entries), by


@EACH
def test_an_open_task_is_a_cell_with_points_in_the_rubric(topic, keys):
    rubric = (DOCS / "rubric.md").read_text(encoding="utf-8")
    cells = {cell.id: cell.source for cell in keys[topic].cells}
    for task, look_for in LESSONS[topic].teaching.get("open_tasks", {}).items():
        assert look_for in cells[f"{task}-answer"]
        assert f"`{task}`" in rubric, f"docs/rubric.md: say what is looked for in `{task}`."


def objectives_of(topic):
    text = NOTEBOOK[topic].cells[0].source.split("you can**")[1]
    return re.findall(r"^- (.+)[;.]$", text.split("\n\n*")[0].split("\n\n**")[0], re.M)


@EACH
def test_no_objective_is_uncovered(topic):
    rows, goals = LESSONS[topic].teaching.get("objectives", ()), objectives_of(topic)
    assert len(rows) == len(goals), f"{topic}.toml: one [[teaching.objectives]] for each of {goals}"
    slides = {c.id for c in NOTEBOOK[topic].cells if c.metadata.slideshow.slide_type != "skip"}
    keys = {asked.key for asked in LESSONS[topic].predictions}
    for goal, row in zip(goals, rows, strict=True):
        assert set(row) <= {"slides", "exercises", "predictions", "quiz", "tasks"}
        assert row["slides"], goal
        assert set(row["slides"]) <= slides, goal
        assert set(row.get("exercises", ())) <= set(EXERCISES), goal
        assert set(row.get("predictions", ())) <= keys, goal
        assert set(row.get("quiz", ())) <= set(QUIZ), goal
        done = ("exercises", "predictions", "quiz", "tasks")
        assert any(row.get(part) for part in done), f"nobody does or answers anything for: {goal}"


def test_every_exercise_prediction_and_question_serves_an_objective():
    rows = [row for lesson in LESSONS.values() for row in lesson.teaching["objectives"]]
    for part, all_of in {
        "exercises": set(EXERCISES),
        "quiz": set(QUIZ),
        "predictions": {asked.key for lesson in LESSONS.values() for asked in lesson.predictions},
    }.items():
        assert all_of - {name for row in rows for name in row.get(part, ())} == set(), part
    cells = {cell.id for book in NOTEBOOK.values() for cell in book.cells}
    assert {task for row in rows for task in row.get("tasks", ())} <= cells


def test_the_generated_half_of_the_syllabus_is_the_lessons():
    found = SYLLABUS.read_text(encoding="utf-8").split(GENERATED)[1]
    assert found == generated(), "run `python -m tests.classroom.kit`"


def test_the_plan_of_six_weeks_has_every_lesson():
    plan = SYLLABUS.read_text(encoding="utf-8").split("\n## Six weeks")[1].split("\n## ")[0]
    for lesson in LESSONS.values():
        assert f"{lesson.number} · {lesson.title}" in plan, f"docs/syllabus.md: add {lesson.title}"


@EACH
def test_a_plan_of_50_minutes_keeps_the_idea_and_fits(topic):
    plan = LESSONS[topic].teaching.get("in_50_minutes")
    assert plan, f"{topic}.toml: write [teaching.in_50_minutes] with keep and leave_out"
    known = slides(NOTEBOOK[topic])
    assert plan["keep"]
    assert set(plan["keep"]) | set(plan["leave_out"]) <= set(known)
    assert not set(plan["keep"]) & set(plan["leave_out"])
    left = LESSONS[topic].minutes - sum(known[name][2] for name in plan["leave_out"])
    assert left <= 47, f"{topic}.toml: {left} minutes are left; leave out more"


def test_there_are_ten_key_figures_and_each_ends_a_cell_of_its_lesson():
    named = {(t, c) for t, one in LESSONS.items() for c in one.teaching.get("figures", ())}
    assert len(named) == 10
    for topic, cell in named:
        last = ast.parse(sources(topic)[cell]).body[-1]
        assert isinstance(getattr(last, "value", None), ast.Call), cell
        assert LESSONS[topic].teaching["figures"][cell].endswith(".")


def test_figures_are_written_with_their_sources(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("DQN_LESSONS_PROFILE", raising=False)
    assert figures.main(["target_lag", "--out", str(tmp_path)]) == 0
    stem = tmp_path / f"{LESSONS['target_lag'].file}_three-figure"
    svg = stem.with_suffix(".svg").read_text(encoding="utf-8")
    caption = LESSONS["target_lag"].teaching["figures"]["three-figure"]
    assert "Lesson 1, A target that lags: cell three-figure." in svg
    assert caption.split(":")[0] in svg
    assert stem.with_suffix(".png").read_bytes()[:4] == b"\x89PNG"
    page = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert caption in page
    assert "19.123" in page
    assert "1 figure" in capsys.readouterr().out
    assert figures.main(["nonsense", "--out", str(tmp_path)]) == 1
    assert "Remedy" in capsys.readouterr().err


def test_a_plotly_figure_keeps_its_lines():
    shown = bias_curves({"slow": [0, 1, 2], "fast": [0, 2, 4]}, [2, 2, 4], target_period=2)
    assert isinstance(shown, AccessibleFigure)
    axis = figures.as_matplotlib(shown.figure).axes[0]
    assert [line.get_label() for line in axis.lines] == ["slow", "fast", "bound B$_k$"]
    assert [line.get_drawstyle() for line in axis.lines] == ["default", "default", "steps-post"]
    assert axis.lines[1].get_ydata().tolist() == [0, 2, 4]
    assert len({line.get_linestyle() for line in axis.lines}) == 3


def test_the_answer_keys_are_written(tmp_path, capsys):
    assert answers.main(["--out", str(tmp_path / "keys")]) == 0
    written = sorted((tmp_path / "keys").iterdir())
    assert [file.stem for file in written] == [f"{one.file}_answers" for one in LESSONS.values()]
    cells = json.loads(written[1].read_text(encoding="utf-8"))["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert answers.main(["--out", str(tmp_path / "file" / "keys")]) == 1
    assert "Remedy" in capsys.readouterr().err
