"""The lessons speak the field's language: no word of our own where there is a standard term."""

import ast
import io
import re
import tokenize
import tomllib
from pathlib import Path

import pytest

import dqn_classroom
from tests.notebooks import tools

FOLDER = Path(dqn_classroom.__file__).parent
TEXTS = [*sorted(FOLDER.glob("lessons/*.toml")), FOLDER / "clinic" / "bugs.toml"]

# What a word must not be -> where it may stand, because it has its plain meaning or is the
# everyday word that comes just before the standard term.
PRIVATE = {
    r"luck\w*": (),
    r"memor(?:y|ies)": ("a memory of past steps, the **replay buffer**", "costs only memory"),
    r"cop(?:y|ies)": (
        "old copy of itself, the **target network**",
        "becomes a copy of $b$",
        "**target network**: a copy that lags",
        "copy.deepcopy(net)",
        "a new name is no copy",
        "shared storage is no copy",
        "target.copy_(online)",
        "Copy the numbers",
        "Copy under torch.no_grad()",
        "You copy the target into the online network",
        "You copy everything",
        "A hard update copies",
        "a reference in place of a copy",
        "`target = online` copies a name",
    ),
    r"clocks?": (),
    r"worlds?": (),
    r"for ever": (),
    r"turned round": (),
    r"by lot": (),
    r"press(?:es|ing)?(?= (?:a button )?at random)": (),
    r"whoever|nobody": (),
    r"slip of the (?:finger|pen)": (),
    r"ceilings?": (),
    r"films?|filmed": (),
    r"coins?": (),
    r"buttons": (),
}
GLOSSARY = (
    *("replay buffer", "minibatch", "i.i.d.", "off-policy", "exploration", "exploitation"),
    *("target network", "sync", "hard update", "soft update", "bootstrapping", "overestimation"),
    *("time limit", "termination", "truncation", "environment", "policy", "episode return"),
    *("random number generator", "seed", "upper bound", "discounted return"),
    *("function approximation", "catastrophic forgetting"),
)


def code_words(source):
    """Yield what a reader reads in code: comments and strings that are sentences, not keys."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.value


def read_by_people(cell):
    """Yield the texts of a cell: its prose or what its code says, and the presenter's note."""
    yield from [cell.source] if cell.cell_type == "markdown" else code_words(cell.source)
    yield cell.metadata.get("lecture", {}).get("say", "")


def told(table):
    """Yield what a TOML file tells its readers: no code, and no name that is only stored."""
    if isinstance(table, str):
        yield table
    elif isinstance(table, list):
        for one in table:
            yield from told(one)
    elif isinstance(table, dict):
        for key, value in table.items():
            if key not in ("code", "edits", "key", "was", "objectives", "in_50_minutes"):
                yield key
                yield from told(value)


def texts():
    """Yield everything that is read: the cells of the notebooks, and the TOML files' words."""
    for path in tools.PATHS:
        for cell in tools.load(path).cells:
            yield from read_by_people(cell)
    for path in TEXTS:
        yield from told(tomllib.loads(path.read_text(encoding="utf-8")))


def private_words(text):
    for word, allowed in PRIVATE.items():
        rest = text
        for phrase in allowed:
            rest = re.sub(re.escape(phrase), "", rest, flags=re.IGNORECASE)
        yield from re.findall(rf"\b(?:{word})\b", rest, flags=re.IGNORECASE)


@pytest.mark.parametrize("path", tools.PATHS, ids=lambda path: path.stem)
def test_no_private_word_is_left(path):
    cells = tools.load(path).cells
    found = {
        (cell.id, word)
        for cell in cells
        for text in read_by_people(cell)
        for word in private_words(text)
    }
    assert not found


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_no_private_word_is_left_in_hints_questions_and_bugs(path):
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    assert [(text, word) for text in told(table) for word in private_words(text)] == []


def test_every_term_is_used_where_students_read():
    cells = [cell for path in tools.PATHS for cell in tools.load(path).cells]
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown").lower()
    assert [term for term in GLOSSARY if not re.search(rf"\b{re.escape(term)}", prose)] == []


def test_every_exception_is_still_needed():
    """An exception whose phrase is gone would let the word in somewhere else."""
    text = "\n".join(texts()).lower()
    assert [p for allowed in PRIVATE.values() for p in allowed if p.lower() not in text] == []


@pytest.mark.parametrize(
    "text",
    ["two in memory", "with some luck", "The clock ran out", "by counting copies", "no coin"],
)
def test_a_private_word_is_found(text):
    assert list(private_words(text))
