"""What the book collects; that it can be read is `tests/browser/test_book.py`."""

import json
import os
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

pytest.importorskip("sphinx", reason="the book needs Sphinx: .ci/setup.py docs")

from docs import book
from dqn_classroom import __main__ as command
from dqn_classroom import explorers, work_folder
from dqn_classroom.instructor.slides import run
from dqn_classroom.instructor.slides.static_widgets import static_html
from dqn_classroom.lessons import LESSONS

ROOT = Path(__file__).resolve().parents[2]
CARD = (
    "<div><strong>○ bias_td_target: not attempted</strong><div>the course's own version</div>"
    "<details><summary>Hint 1: where</summary><pre>first</pre></details>"
    "<details><summary>Solution</summary><pre>reward + gamma * target_bias</pre></details></div>"
)


def shows(html):
    return [new_output("display_data", {"text/html": html})]


def page_of(*cells):
    notebook = new_notebook(cells=[new_markdown_cell("# One\n\ntext"), *cells])
    return book.lesson_page(LESSONS["target_lag"], notebook, {}).cells


def html_of(cell):
    (output,) = cell.outputs
    return BeautifulSoup(output.data["text/html"], "html.parser")


def test_a_lesson_says_how_long_it_is_and_where_its_notebook_is():
    first = page_of()[0].source
    assert first.startswith("# One\n\n<p")
    assert first.endswith("\n\ntext")
    page = BeautifulSoup(first, "html.parser")
    assert page.a["href"] == "notebooks/01_target_lag.ipynb"
    assert (ROOT / page.a["href"]).is_file()
    lesson = LESSONS["target_lag"]
    assert f"{lesson.minutes} minutes, {len(lesson.exercises)} exercises." in page.p.get_text()


def test_an_exercise_is_marked_and_its_answers_are_folded():
    source = "@exercise\ndef bias_td_target(reward, gamma, target_bias):\n    ..."
    cell = page_of(new_code_cell(source, outputs=shows(CARD)))[1]
    page = html_of(cell)
    assert page.select_one(".to-do-title").get_text().startswith("Write this in the notebook")
    assert [part.get_text() for part in page.find_all("summary")] == ["Hint 1: where", "Solution"]
    for part in page.find_all("details"):
        assert not part.has_attr("open")
        part.decompose()
    assert "not attempted" not in page.get_text()
    assert "tags" not in cell.metadata, "the code to be written must be seen"


def test_a_prediction_gives_nothing_away():
    cell = page_of(new_code_cell('predict("01-final-bias")'))[1]
    (asked,) = [one for one in LESSONS["target_lag"].predictions if one.key == "01-final-bias"]
    page = html_of(cell)
    assert [item.get_text() for item in page.find_all("li")] == list(asked.options)
    assert page.find("details") is None
    assert cell.metadata["tags"] == ["remove-input"]


def test_what_was_measured_is_folded_and_speaks_of_no_prediction():
    card = shows("<div>You made no prediction.</div><div>Measured: about 22 steps</div>")
    page = html_of(page_of(new_code_cell('recall("01-final-bias", bias=2)', outputs=card))[1])
    assert page.details.summary.get_text() == "What was measured"
    assert page.details.get_text().endswith("Measured: about 22 steps")
    assert "no prediction" not in page.get_text()


@pytest.mark.parametrize("topic", [topic for topic, lesson in LESSONS.items() if lesson.quiz])
def test_each_question_of_a_quiz_has_its_answers_folded(topic):
    page = html_of(page_of(new_code_cell(f'quiz("{topic}")'))[1])
    folded = [part.extract() for part in page.find_all("details")]
    assert [part.get_text() for part in page.find_all("strong")] == [
        question.prompt for question in LESSONS[topic].quiz
    ]
    for question, part in zip(LESSONS[topic].quiz, folded, strict=True):
        marked = [item.em.get_text() for item in part.find_all("li") if "✓" in item.get_text()]
        right = question.right
        assert marked == (
            [right] if isinstance(right, str) else [o for o in question.options if o in right]
        )
        for sentence in question.options.values():
            assert sentence in part.get_text()
            assert sentence not in page.get_text()


def test_what_a_cell_says_of_a_machine_is_left_out():
    for source in ("doctor()", "keep_progress()", "progress_report()"):
        page = html_of(page_of(new_code_cell(source, outputs=shows("kept in /home/me")))[1])
        assert "/home" not in page.get_text()
        assert "in the notebook" in page.get_text()


def test_code_that_draws_is_folded_and_other_code_is_not():
    drawn = new_code_cell("draw()", outputs=shows('<img alt="a" src="data:">'))
    printed = new_code_cell("print(1)", outputs=[new_output("stream", text="1\n")])
    cells = page_of(drawn, printed)[1:]
    assert [cell.metadata.get("tags") for cell in cells] == [["hide-input"], None]
    assert cells[1].outputs[0].text == "1\n"


def test_a_work_stands_once_under_references_with_what_each_lesson_says():
    def lesson(text):
        return new_notebook(cells=[new_markdown_cell(f"## References\n\n{text}")])

    first = (
        "- Mnih et al. (2015), [*Nature*](https://doi.org/1): the loss.\n- Ernst (2005), JMLR 6: Q."
    )
    second = (
        "- Mnih (2015), [Human-level](https://doi.org/1).\n- Baird (1995), [Residual](https://b)."
    )
    text = book.references({"03_a": lesson(first), "11_b": lesson(second)})
    assert text.splitlines()[4:] == [
        "- Baird (1995), [Residual](https://b)",
        "  - [lesson 11](11_b.ipynb)",
        "- Ernst (2005), JMLR 6",
        "  - [lesson 3](03_a.ipynb): Q",
        "- Mnih et al. (2015), [*Nature*](https://doi.org/1)",
        "  - [lesson 3](03_a.ipynb): the loss",
        "  - [lesson 11](11_b.ipynb)",
    ]


def test_the_reference_has_each_module_with_public_names():
    names = [*book.modules("dqn_lessons"), *book.modules("dqn_classroom")]
    assert {"dqn_lessons.td", "dqn_lessons.stats", "dqn_lessons.experiments.sweep"} <= set(names)
    assert {"dqn_classroom.figures", "dqn_classroom.exercises.check"} <= set(names)
    assert not [name for name in names if "_probes" in name or name.endswith("__main__")]
    assert len(names) == len(set(names))


def test_a_lesson_runs_again_only_when_something_has_changed(tmp_path, monkeypatch):
    path, runs = tmp_path / "00_a.ipynb", []
    nbformat.write(new_notebook(), path)

    def execute(path, profile):
        runs.append(profile)
        return nbformat.read(path, as_version=4), {"id": "<b>x</b>"}

    monkeypatch.setattr(run, "execute", execute)
    for _ in range(2):
        notebook, widgets = run.execute_once(path, "ci", tmp_path / "runs")
        assert widgets == {"id": "<b>x</b>"}
        assert notebook.metadata == {}
    assert runs == ["ci"]
    run.execute_once(path, "class", tmp_path / "runs")
    nbformat.write(new_notebook(cells=[new_code_cell("1")]), path)
    run.execute_once(path, "class", tmp_path / "runs")
    assert runs == ["ci", "class", "class"]
    assert len(os.listdir(tmp_path / "runs")) == 1, "old runs are not kept"


def test_a_slider_has_what_the_explorer_would_show():
    explorer = explorers.CliffExplorer()
    page = BeautifulSoup(static_html(explorer), "html.parser")
    sweep = json.loads(page.script.string)["sweep"]
    values = [frame["value"] for frame in sweep["frames"]]
    assert values == [str(value) for value in explorer.inputs["gamma"].options]
    assert (sweep["control"], values[sweep["start"]]) == ("discount γ", "1.0")
    assert explorer.inputs["gamma"].value == 1.0
    explorer.set(gamma=0.8)
    frame = sweep["frames"][values.index("0.8")]
    assert frame["said"] == explorer.readout.value
    assert frame["data"][0]["text"] == explorer.figure.data[0].text.tolist()


def test_the_book_is_made_in_a_clone_and_only_there(monkeypatch, capsys):
    monkeypatch.setattr(work_folder, "clone", lambda: None)
    assert command.main(["book"]) == 1
    assert "in a clone of the repository" in capsys.readouterr().err
    monkeypatch.undo()

    def absent(path):
        raise ModuleNotFoundError("No module named 'myst_nb'")

    monkeypatch.setattr(command, "run_path", absent)
    assert command.main(["book"]) == 1
    assert "setup.py docs" in capsys.readouterr().err.replace("\\", "/")
    seen = []
    monkeypatch.setattr(
        command, "run_path", lambda path: {"main": lambda words: seen.append(words) or 4}
    )
    assert command.main(["book", "--no-run"]) == 4
    assert seen == [["--no-run"]]


def test_a_page_with_a_mistake_is_no_book(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(book, "build_main", lambda words: 1)
    monkeypatch.setattr(book, "_write_pages", lambda out, runs: None)
    assert book.main(["--no-run", "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert "pages with mistakes" in said
    assert "Remedy: mend what the lines above name" in said


def test_the_readme_shows_three_small_pictures():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = book.re.findall(r"!\[.+\]\((docs/\w+\.png)\)", readme)
    assert len(shown) == 3
    assert all((ROOT / name).stat().st_size < 150_000 for name in shown)
