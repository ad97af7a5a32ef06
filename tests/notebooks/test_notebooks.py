"""The notebooks as files, and the notebooks solved and answered wrongly.

That each runs unsolved, with equal text, is nbval's part: it runs the copies in `reference`.
"""

import ast
import re
import string
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import torch
from nbformat import NotebookNode

from dqn_classroom.exercises import check
from dqn_classroom.instructor.answers import solved
from dqn_classroom.lessons import LESSONS
from dqn_lessons import tabular, target_lag
from dqn_lessons.experiments.presets import EPISODE_BY_EPISODE, VANILLA
from dqn_lessons.target_lag import TargetLagConfig
from dqn_lessons.train import train
from tests.browser.conftest import UNSOLVED
from tests.browser.lab import find_browser
from tests.notebooks import tools

ALL = pytest.mark.parametrize("path", tools.PATHS, ids=lambda path: path.stem)
AFTER_THE_FIRST = pytest.mark.parametrize("path", tools.PATHS[1:], ids=lambda path: path.stem)
EXERCISES = {name: check.find(name) for name in check.LOADERS}
LESSON_OF = {lesson.file: lesson for lesson in LESSONS.values()}
BADGE = re.compile(r"`[★☆]{3} · \d+ min`")


def prose_words(notebook):
    """Count words a reader reads: no formulas, no inline code, no addresses of links."""
    text = " ".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    text = re.sub(r"\$\$.*?\$\$|\$.*?\$|`[^`]*`|\]\([^)]*\)", " ", text, flags=re.DOTALL)
    return len(re.findall(r"\w[\w'’-]*", text))


@ALL
def test_the_committed_notebook_is_clean(path):
    notebook = tools.load(path)
    assert notebook == tools.clean(notebook), "run `make notebooks`"
    assert path.stat().st_size < 100_000


@ALL
def test_what_nbval_runs_is_the_lesson(path):
    """Its copies are the lessons, but for the outputs; and there are no others."""
    copied = tools.load(tools.REFERENCE / path.name)
    assert tools.clean(copied) == tools.load(path), "run `make notebooks`"
    assert any(cell.get("outputs") for cell in copied.cells)
    assert len(list(tools.REFERENCE.iterdir())) == len(tools.PATHS)


@ALL
def test_cell_ids_are_words_and_distinct(path):
    ids = [cell.id for cell in tools.load(path).cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]+", name) for name in ids)


@ALL
def test_no_path_or_address_of_a_machine(path):
    assert not re.search(r"/(home|root|work|Users|tmp)/", path.read_text(encoding="utf-8"))
    code = [cell.source for cell in tools.load(path).cells if cell.cell_type == "code"]
    assert not re.search(r"https?://", "\n".join(code)), "a notebook works offline"


@AFTER_THE_FIRST
def test_a_lesson_has_the_parts_of_a_lesson(path):
    notebook = tools.load(path)
    ids = {cell.id for cell in notebook.cells}
    assert {"title", "claims", "quiz", "next"} <= ids
    assert 30 <= len(notebook.cells) <= 60
    assert prose_words(notebook) <= 1_200
    sources = "\n".join(cell.source for cell in notebook.cells)
    assert sources.count("predict(") >= 1
    assert sources.count("predict(") == sources.count("recall(")
    exercises = tools.exercise_functions(notebook)
    assert 3 <= len(exercises) <= 5
    badges = BADGE.findall(sources)
    assert len(badges) == len(exercises)


@ALL
def test_a_lesson_can_be_taught_from(path):
    """Every cell has its place in the lecture; the notes add up to the lesson's minutes."""
    cells = tools.load(path).cells
    kinds = [cell.metadata["slideshow"]["slide_type"] for cell in cells]
    assert set(kinds) <= {"slide", "subslide", "fragment", "-continue", "skip"}
    assert kinds[0] == "slide"
    shown = [(k, c.metadata["lecture"]) for k, c in zip(kinds, cells, strict=True) if k != "skip"]
    assert all(note["say"] for kind, note in shown)
    assert all(note["minutes"] > 0 for kind, note in shown if kind == "slide")
    lesson = LESSON_OF[path.stem]
    assert sum(note.get("minutes", 0) for _, note in shown) == lesson.minutes


def slides_of(notebook):
    """Yield the cells of each slide that is shown."""
    cells = [c for c in notebook.cells if c.metadata["slideshow"]["slide_type"] != "skip"]
    starts = [i for i, c in enumerate(cells) if "slide" in c.metadata["slideshow"]["slide_type"]]
    yield from (cells[start:end] for start, end in pairwise([*starts, len(cells)]))


# Lessons whose slides have the minutes that they ask for; the others are not planned that closely.
TIMED = (
    "from_rewards_to_q",
    "write_it_yourself",
    "bug_clinic",
    "published_recipes",
    "two_biases",
)


@pytest.mark.parametrize("topic", TIMED)
def test_a_slide_has_the_minutes_that_its_words_ask_for(topic):
    """At 130 words a minute; three times as many at most where the room has nothing to do."""
    teaching, off = LESSONS[topic].teaching, {}
    tasks = {*teaching.get("open_tasks", ())}
    tasks |= {name for row in teaching["objectives"] for name in row.get("tasks", ())}
    for slide in slides_of(load(topic)):
        notes = [cell.metadata["lecture"] for cell in slide]
        say = " ".join(re.split("(Who showed it|Discuss): ", note["say"])[0] for note in notes)
        text = "\n".join(cell.source for cell in slide)
        asks = (len(say.split()) + prose_words(NotebookNode(cells=slide))) / 130
        does = re.search(r"@exercise|(predict|recall|quiz|Explorer)\(", text)
        free = does or "Vote" in say or tasks & {cell.id for cell in slide}
        minutes = sum(note.get("minutes", 0) for note in notes)
        if minutes < asks or (minutes > max(1, 3 * asks) and not free):
            off[slide[0].id] = minutes, round(asks, 1)
    assert not off, "slide: minutes planned, minutes of words"


def test_every_notebook_has_its_lesson_and_the_same_number():
    assert [path.stem for path in tools.PATHS] == list(LESSON_OF)


@ALL
def test_what_is_said_of_a_lesson_is_what_its_file_says(path):
    lesson = LESSON_OF[path.stem]
    name = f"{lesson.number} · {lesson.title}"
    readme = (tools.NOTEBOOKS.parent / "README.md").read_text(encoding="utf-8")
    assert re.search(
        rf"^\| \[{name}\]\(notebooks/{path.name}\) .* \| {lesson.minutes} \|$", readme, re.M
    )
    plan = (tools.NOTEBOOKS.parent / "INSTRUCTORS.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| {name} \| {lesson.minutes} \|", plan, re.M)
    assert tools.load(path).cells[0].source.splitlines()[0].endswith(lesson.title)


def calls(source, name):
    """Yield the calls of a function, in the order of the text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


@ALL
def test_a_notebook_asks_what_its_lesson_asks(path):
    lesson, notebook = LESSON_OF[path.stem], tools.load(path)
    sources = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    keys = [asked.key for asked in lesson.predictions]
    assert re.findall(r'predict\("(.+)"\)', sources) == keys
    assert re.findall(r'recall\("([^"]+)"', sources) == keys
    for asked, call in zip(lesson.predictions, calls(sources, "recall"), strict=True):
        # The sentence is in the lesson's file; its numbers, and nothing else, in the notebook.
        places = {place for _, place, _, _ in string.Formatter().parse(asked.measured) if place}
        passed = {word.arg for word in call.keywords}
        assert places == passed or None in passed
        assert not any(isinstance(word.value, ast.Constant) for word in call.keywords)
    assert re.findall(r'quiz\("(.+)"\)', sources) == [lesson.topic]
    assert list(tools.exercise_functions(notebook)) == list(lesson.exercises)
    tables = lesson.exercises.values()
    stars = [f"`{'★' * t['difficulty']:☆<3} · {t['minutes']} min`" for t in tables]
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert BADGE.findall(text) == stars


@ALL
def test_every_exercise_starts_unsolved(path):
    for name, (_, node) in tools.exercise_functions(tools.load(path)).items():
        assert name in EXERCISES
        inner = [part for part in ast.walk(node) if isinstance(part, ast.FunctionDef)]
        assert {ast.unparse(function.body[-1]) for function in inner} == {"..."}


# The pages of the browser tests are solved, but for these: where there is a browser, no notebook
# is solved and run twice.
HERE = [path for path in tools.PATHS if path.stem in UNSOLVED or not find_browser()]


@pytest.mark.parametrize("path", HERE, ids=lambda path: path.stem)
def test_solved_notebook_runs_and_every_exercise_passes(path, tmp_path):
    executed = tools.execute(solved(tools.load(path)), tmp_path / "progress.json")
    tools.assert_solved(path, tools.plain_text(executed))


def lines_of_code(task):
    """Lines of a reference in the plainest layout, without its head and its docstring."""
    body = ast.parse(task.solution).body[0].body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    return sum(len(ast.unparse(node).splitlines()) for node in body)


def test_lines_of_code_are_counted_as_they_are_written():
    found = {name: lines_of_code(EXERCISES[name]) for name in ("td_target", "train_critic")}
    assert found == {"td_target": 1, "train_critic": 9}


# Lessons in which less than half of the minutes are for code of 4 to 40 lines: the first has one
# exercise, which shows how exercises work.
SHORT = {"start_here"}


@pytest.mark.parametrize("topic", LESSONS)
def test_half_of_the_minutes_are_for_code_of_several_lines(topic):
    tasks = [EXERCISES[name] for name in LESSONS[topic].exercises]
    several = sum(task.minutes for task in tasks if 4 <= lines_of_code(task) <= 40)
    assert (2 * several >= sum(task.minutes for task in tasks)) == (topic not in SHORT)


def test_the_loop_of_lesson_one_is_the_packages_simulation():
    notebook = load("target_lag")
    (source,) = [cell.source for cell in notebook.cells if cell.id == "loop"]
    names = {"train_critic": check.find("train_critic").reference}
    exec(source, names)
    for config in (
        TargetLagConfig(steps=3_000, target_period=500),
        TargetLagConfig(steps=3_000, target_period=7, reward=-1.0, learning_rate=0.1, gamma=0.5),
    ):
        by_hand = names["run_by_hand"](
            config.reward, config.learning_rate, config.steps, config.target_period, config.gamma
        )
        np.testing.assert_allclose(by_hand, target_lag.simulate(config).bias, rtol=0, atol=1e-10)


def load(topic):
    return tools.load(tools.NOTEBOOKS / f"{LESSONS[topic].file}.ipynb")


def lifted(topic, *ids):
    """What the named cells of a notebook define, with the course's own functions as answers."""
    cells = {cell.id: cell.source for cell in load(topic).cells}
    names = {}
    for name in ("imports", *ids):
        exec(cells[name], names)
    names |= {name: task.reference for name, task in EXERCISES.items()}
    return names | {"tqdm": lambda steps: steps}


def assert_same_training(net, returns, config, seed):
    run = train(config, [seed], progress=False)
    assert returns.tolist() == run.history.episodes["return"].tolist()
    assert len(returns) > 5
    for ours, theirs in zip(run.online.learner(0).parameters(), net.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-3)


OPEN_TASKS = {
    ("write_it_yourself", "open-task"): {
        "..., ...": '"target_period", 50',
        'prediction = ""': 'prediction = "less"',
        '["", "", "", "", ""]': '["one"] * 5',
    },
    ("published_recipes", "your-repair"): {
        "slips = []": 'slips = ["ε / episode"]',
        "changes = {}": 'changes = {"target_period": 50}',
        'prediction = ""': 'prediction = "less"',
    },
}


@pytest.mark.parametrize("task", OPEN_TASKS)
def test_an_open_task_waits_and_is_run_once_it_is_filled_in(task, capsys, tmp_path, monkeypatch):
    topic, cell = task
    monkeypatch.chdir(tmp_path)
    scores, shown, asked = np.random.default_rng(0).normal(size=(16, 3)), [], []
    config = EPISODE_BY_EPISODE  # at_every_step is made of it
    theirs = {
        "mine": scores, "live": scores[:, 0], "at": np.arange(3), "STEPS": 3, "SEEDS": range(16),
        "at_every_step": config, "rng": np.random.default_rng(0), "display": shown.append,
        "agents": lambda *_, **how: asked.append(how) or scores + 1,
        "greedy_scores": lambda *how: asked.append(how) or scores[:, 0] + 1,
    }  # fmt: skip
    names = lifted(topic) | theirs
    (source,) = (one.source for one in load(topic).cells if one.id == cell)
    exec(source, names)
    assert "write your prediction first" in capsys.readouterr().out
    assert not asked
    for blank, answer in OPEN_TASKS[task].items():
        assert source.count(blank) == 1
        source = source.replace(blank, answer)
    exec(source, names)
    said = capsys.readouterr().out
    assert re.search(r"(difference at the end|mine − repaired): 1 \[1, 1\]", said)
    if topic == "write_it_yourself":
        assert asked == [{"steps": 3, "seeds": range(16), "target_period": 50}]
        assert "less" in (tmp_path / "my_experiment.html").read_text("utf-8")
        assert len(shown) == 1
    else:
        assert asked == [(replace(config, target_period=50), ["ε / episode"])]
        assert "predicted: less" in said


@pytest.mark.parametrize("on_policy", [False, True])
def test_the_loop_of_the_tables_is_the_packages(on_policy):
    names = lifted("from_rewards_to_q", "loop")
    sarsa = partial(tabular.sarsa_update, alpha=0.5, gamma=1.0)
    update = sarsa if on_policy else names["q_learning"](alpha=0.5, gamma=1.0)
    played = []
    for loop in (names["learn_by_hand"], tabular.learn):
        q = np.zeros((3, 48, 4))
        steps = loop(tabular.cliff(0.2), 36, names["generators"](3), 400, 0.2, update, q, noise=0.5)
        played.append((*map(np.array, zip(*steps, strict=True)), q))
    for mine, theirs in zip(*played, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert played[0][0].min() == -100


@pytest.mark.parametrize("seed", [0, 3])
def test_the_loop_of_lesson_two_is_the_packages(seed):
    config = replace(VANILLA, steps=200, update_period=1, epsilon_duration=100, learning_rate=3e-4)
    by_hand = lifted("vanilla_dqn", "network", "loop")["train_by_hand"]
    assert_same_training(*by_hand(config, seed), config, seed)


@pytest.mark.parametrize("seed", [0, 3])
def test_the_loop_of_lesson_three_is_the_packages(seed):
    config = replace(
        VANILLA, steps=250, replay_capacity=60, batch_size=8, learning_starts=20, update_period=3
    )
    by_hand = lifted("replay", "loop")["train_with_replay"]
    assert_same_training(*by_hand(config, seed), config, seed)


@pytest.mark.parametrize("changes", [{"target_period": 7}, {"tau": 0.1, "loss": "huber"}])
@pytest.mark.parametrize("seed", [0, 3])
def test_the_loop_of_lesson_four_is_the_packages(seed, changes):
    config = replace(VANILLA, steps=250, replay_capacity=60, batch_size=8, learning_starts=20)
    config = replace(config, update_period=3, **changes)
    by_hand = lifted("target_network", "loop")["train_dqn"]
    assert_same_training(*by_hand(config, seed), config, seed)


def prose(notebook):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


# topic -> terms that the glossary says it explains
GLOSSARY = (tools.NOTEBOOKS.parent / "docs" / "glossary.md").read_text(encoding="utf-8")
TERMS = {
    topic: re.findall(rf"^\| ([^|]+) \|.*/{LESSONS[topic].file}\.ipynb", GLOSSARY, re.M)
    for topic in LESSONS
}


def test_the_glossary_is_in_order_and_names_lessons_that_there_are():
    rows = re.findall(r"^\| (.+) \| (.+) \| (.+) \|$", GLOSSARY, re.M)[1:]
    terms = [term.lower() for term, _, _ in rows]
    assert terms == sorted(set(terms))
    links = {link for _, _, place in rows for link in re.findall(r"\[(\d+)\]\((.+?)\)", place)}
    files = {(str(one.number), f"../notebooks/{one.file}.ipynb") for one in LESSONS.values()}
    assert links <= files


@pytest.mark.parametrize("topic", TERMS)
def test_a_term_is_set_off_where_it_first_occurs(topic):
    text = prose(load(topic))
    # The goals and the headings name what is explained below them.
    text = re.sub(r"(^- .*\n)+", "", text, count=1, flags=re.M)
    text = re.sub(r"^#.*", "", text, flags=re.M)
    text = re.sub(r"\$[^$]*\$", "", text)  # a formula has stars of its own
    set_off = [range(*found.span()) for found in re.finditer(r"\*\*[^*\n]+\*\*|\*[^*\n]+\*", text)]
    for term in TERMS[topic]:
        first = re.search(rf"(?<!\w){re.escape(term)}(?!\w)", text, re.I)
        assert first, term
        assert any(first.start() in span for span in set_off), term


@pytest.mark.parametrize("topic", LESSONS)
def test_a_lesson_points_to_where_it_comes_from(topic):
    cells = load(topic).cells
    assert [cell.id for cell in cells[-2:]] in (["references", "next"], ["references", "map"])
    entries = cells[-2].source.split("\n- ")[1:]
    assert 3 <= len(entries) <= 6
    links = [link for entry in entries for link in re.findall(r"\]\((.+?)\)", entry)]
    assert len(links) >= 3
    for entry in entries:
        assert re.match(r"[A-Za-z].* \(\d{4}\), ", entry), entry
    for link in links:
        place = r"https://(arxiv\.org/abs|doi\.org)/\d|http://incompleteideas\.net/book/"
        assert re.match(place, link), link


def test_the_first_figure_of_lesson_one_does_not_answer_its_question():
    cells = load("target_lag").cells
    ids = [cell.id for cell in cells]
    before = cells[: ids.index("predict-final") + 1]
    shown = "\n".join(cell.source for cell in before if cell.cell_type == "code")
    assert "bias_curves(" in shown
    assert not re.search(r"bound\b|used_syncs|\b19\b", shown + prose(load("target_lag"))[:2_500])


def test_only_one_cell_of_lesson_one_waits_for_torch():
    cells = load("target_lag").cells
    assert [cell.id for cell in cells if "import torch" in cell.source] == ["adam"]


def test_the_formula_comes_after_the_exercise_that_asks_for_it():
    cells = {cell.id: cell.source for cell in load("target_lag").cells}
    order = list(cells)
    for exercise, formula in {
        "ex-target": r"y = r + \gamma\, b^-",
        "ex-bound": r"B_{k+1} = r + \gamma\, B_k",
        "ex-soft": r"\tau\, b",
        "ex-optional": r"C}{1-q^{C}}",
    }.items():
        before = "\n".join(cells[name] for name in order[: order.index(exercise)])
        assert formula not in before, exercise


def test_each_picture_of_the_parts_highlights_the_part_of_the_day():
    for topic, call in {
        "start_here": "diagram()",
        "target_lag": 'diagram("target network")',
        "vanilla_dqn": 'diagram(("policy", "environment", "online network", "loss"))',
        "replay": 'diagram(("replay buffer", "minibatch"))',
        "target_network": 'diagram("target network")',
    }.items():
        sources = {cell.id: cell.source for cell in load(topic).cells}
        assert sources["parts"].endswith(call)
