"""The files a newcomer meets first agree with one another."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from rattler import MatchSpec

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT, SETUPTOOLS = PYPROJECT["project"], PYPROJECT["tool"]["setuptools"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
CONDA_SPECS = [
    spec.split("#")[0].strip() for spec in CONDA["dependencies"] if isinstance(spec, str)
]
PINS = {
    canonicalize_name(name): version
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
    for name, _, version in [line.partition("==")]
    if version
}

# The same package under its conda-forge name.
CONDA_NAMES = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base"}
# In environment.yml for a reason of its own, said there.
CONDA_ONLY = {"python", "pip", "pygame"}


def conda_ranges() -> dict[str, SpecifierSet]:
    names = [spec.partition(" ") for spec in CONDA_SPECS]
    return {name: SpecifierSet(limits.strip()) for name, _, limits in names}


def test_every_conda_requirement_is_well_formed():
    for spec in CONDA_SPECS:
        MatchSpec(spec, strict=False)


def test_both_environments_have_the_same_packages():
    pip_names = {Requirement(text).name for text in PROJECT["dependencies"]}
    conda_names = {CONDA_NAMES.get(name, name) for name in pip_names}
    assert set(conda_ranges()) - CONDA_ONLY == conda_names


@pytest.mark.parametrize("text", PROJECT["dependencies"])
def test_the_ranges_overlap_and_hold_the_tested_version(text):
    requirement = Requirement(text)
    tested = Version(PINS[canonicalize_name(requirement.name)])
    assert tested in requirement.specifier
    assert tested in conda_ranges()[CONDA_NAMES.get(requirement.name, requirement.name)]


def test_the_python_ranges_agree():
    assert conda_ranges()["python"] == SpecifierSet(PROJECT["requires-python"])


@pytest.mark.parametrize("name", sorted(PINS))
def test_the_first_python_that_is_allowed_is_refused_by_no_pin(name):
    try:
        needs = metadata.metadata(name).get("Requires-Python")
    except metadata.PackageNotFoundError:
        pytest.skip("another platform's")
    first = Version("3.11.0")
    assert first in SpecifierSet(PROJECT["requires-python"])
    _, _, marker = PINS[name].partition(";")
    if marker and not Marker(marker).evaluate({"python_full_version": str(first)}):
        return
    assert first in SpecifierSet(needs or "")


def test_who_comes_without_pins_is_kept_from_the_next_major_version():
    unbounded = [text for text in PROJECT["dependencies"] if "<" not in text]
    assert unbounded == ["packaging>=24"]  # its versions are years


def test_every_notebook_is_in_the_wheel():
    patterns = [p for patterns in SETUPTOOLS["data-files"].values() for p in patterns]
    installed = {file for pattern in patterns for file in ROOT.glob(pattern)}
    notebooks = set((ROOT / "notebooks").glob("*.ipynb"))
    assert len(notebooks) > 5
    assert notebooks <= installed


def test_every_file_that_the_packages_read_is_in_the_wheel():
    package = ROOT / "dqn_classroom"
    data_files = [p for patterns in SETUPTOOLS["data-files"].values() for p in patterns]
    installed = {file for pattern in data_files for file in ROOT.glob(pattern)}
    for pattern in SETUPTOOLS["package-data"]["dqn_classroom"]:
        installed |= set(package.glob(pattern))
    beside = {file for file in package.rglob("*.*") if file.suffix not in (".py", ".pyc")}
    assert len(beside) > 50
    assert not beside - installed


@pytest.fixture
def setup():
    """Return set-up as a module."""
    spec = importlib.util.spec_from_file_location("setup", ROOT / ".ci" / "setup.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAC = {"system": "Darwin", "machine": "arm64", "mac_ver": ("14.5", ("", "", ""), "")}


@pytest.mark.parametrize(
    ("machine", "said"),
    [
        ({**MAC, "machine": "x86_64"}, "no PyTorch above 2.2 for Intel Macs"),
        (MAC, ""),
        ({"system": "Windows", "machine": "AMD64"}, ""),
        ({"system": "Linux", "machine": "x86_64"}, ""),
    ],
)
def test_setup_says_at_once_where_there_is_no_pytorch(machine, said, setup, monkeypatch):
    monkeypatch.delenv("TORCH", raising=False)
    for name, value in machine.items():
        monkeypatch.setattr(setup.platform, name, lambda value=value: value)
    if not said:
        setup.refuse_what_has_no_torch()
        return
    with pytest.raises(SystemExit, match=said) as ended:
        setup.refuse_what_has_no_torch()
    assert "conda env create" in str(ended.value)
    monkeypatch.setenv("TORCH", "torch==2.2.2")
    setup.refuse_what_has_no_torch()


@pytest.mark.parametrize("version", [(3, 10, 9), (3, 9)])
def test_setup_refuses_an_old_python(version, setup, monkeypatch):
    monkeypatch.setattr(setup.sys, "version_info", version)
    with pytest.raises(SystemExit, match=r"needs 3\.11"):
        setup.refuse_what_has_no_torch()


@pytest.mark.parametrize(("macos", "pinned"), [("13.7", False), ("14.5", True), ("", True)])
def test_an_old_macos_gets_the_pytorch_that_runs_there(macos, pinned, setup, monkeypatch, capsys):
    monkeypatch.delenv("TORCH", raising=False)
    monkeypatch.setattr(setup.platform, "mac_ver", lambda: (macos, ("", "", ""), ""))
    spec = setup.torch_spec()
    assert spec == (f"torch=={PINS['torch']}" if pinned else "torch>=2.6,<3")
    assert Requirement(PROJECT["dependencies"][0]).specifier == SpecifierSet(">=2.6,<3")
    assert ("needs macOS 14" in capsys.readouterr().out) is not pinned


def test_every_test_requirement_is_pinned():
    extras = [text for group in PROJECT["optional-dependencies"].values() for text in group]
    for text in extras:
        requirement = Requirement(text)
        assert Version(PINS[canonicalize_name(requirement.name)]) in requirement.specifier


def test_ci_calls_the_test_command_of_the_readme():
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(
        r"^make test$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE
    )


def test_the_workflow_publishes_what_make_book_writes():
    flow = yaml.safe_load((ROOT / ".github/workflows/book.yml").read_text(encoding="utf-8"))
    assert flow[True] == {"push": {"branches": ["main"]}, "workflow_dispatch": None}  # YAML's `on`
    assert flow["permissions"] == {"contents": "read", "pages": "write", "id-token": "write"}
    steps = flow["jobs"]["book"]["steps"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    commands = [step["run"].split() for step in steps if "run" in step]
    assert commands
    for make, target in commands:
        assert make == "make"
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    given = {s["uses"].partition("@")[0]: s.get("with", {}) for s in steps if "uses" in s}
    written = re.findall(r'HERE((?: / "\w+"){2})', (ROOT / "docs" / "book.py").read_text("utf-8"))
    written = {"docs" + path.replace(" / ", "/").replace('"', "") for path in written}
    actions = "actions/upload-pages-artifact", "actions/cache"
    assert [given[one]["path"] for one in actions] == ["docs/build/book", "docs/build/runs"]
    assert {given[one]["path"] for one in actions} <= written
    python = Version(given["actions/setup-python"]["python-version"])
    assert python in SpecifierSet(PROJECT["requires-python"])
    assert "actions/checkout" in given
    assert "actions/deploy-pages" in given
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "https://<owner>.github.io/<repository>/" in readme


def test_the_version_stands_in_one_place_only_twice():
    import dqn_lessons

    assert dqn_lessons.__version__ == PROJECT["version"]


def without_encoding(source: str) -> list[str]:
    """The calls that read or write text in whatever encoding the machine has."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        named = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        places = {"read_text": 1, "write_text": 2}.get(name)
        text = places is not None and len(node.args) < places
        text |= name in ("run", "Popen", "check_output") and "text" in named
        if name in ("open", "fdopen"):
            called = ast.unparse(node)
            text = not re.search(r"['\"][rwa]b|os\.open\(|Image\.|page\.|archive\.|\*\*", called)
        if text and "encoding" not in named:
            found.append(f"line {node.lineno}: {ast.unparse(node)}")
    return found


SOURCES = [path for path in ROOT.rglob("*.py") if not set(path.parts) & {".venv", "build", "dist"}]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_text_is_utf_8_wherever_a_file_is_opened(path):
    assert without_encoding(path.read_text(encoding="utf-8")) == []


def test_a_file_opened_without_its_encoding_is_seen():
    seen = without_encoding(
        "a.read_text()\nopen(p)\np.open('w')\nrun([], text=True)\nopen(p, 'rb')"
    )
    assert len(seen) == 4


def test_what_a_developer_has_set_is_cleared_before_a_lesson_is_read(tmp_path):
    asks = "import os, sys, tests.conftest\n"
    asks += "print(os.environ.get('DQN_LESSONS_FOLDERS'), 'dqn_classroom' in sys.modules)"
    command = [sys.executable, "-c", asks]
    env = {**os.environ, "DQN_LESSONS_FOLDERS": str(tmp_path)}
    said = subprocess.check_output(command, env=env, cwd=ROOT, encoding="utf-8")
    assert said.split() == ["None", "False"]
