"""Answers as students type them in a notebook, and what each is told: never nothing."""

import ast
import re
import textwrap
from pathlib import Path

import nbformat
import numpy as np
import pytest

import dqn_classroom.lessons  # noqa: F401 (which makes the exercises known)
from dqn_classroom.exercises import check
from dqn_classroom.instructor.answers import exercise_functions

IMPORTS = "import math\nimport numpy as np\nimport torch\nimport torch.nn.functional as F\n"


def typed(name, body, imports=IMPORTS, head=None, before=None):
    """The outcome of a cell: its text runs as in a notebook, in a module called __main__."""
    task = check.find(name)
    names = {"__name__": "__main__", **(before or {})}
    head = head or f"def {name}({check.arguments(task.reference)}):"
    exec(f"{imports}\n{head}\n{textwrap.indent(textwrap.dedent(body), '    ')}", names)
    return check.check(task, names[name]), names


RECURSION = """
if not len(rewards):
    return 0.0
return rewards[0] + gamma * discounted_return(rewards[1:], gamma)
"""


def test_a_function_may_call_itself():
    outcome, _ = typed("discounted_return", RECURSION)
    assert outcome.status == "passes"


def test_it_calls_itself_and_not_what_had_its_name():
    endless = "return rewards[0] + gamma * discounted_return(rewards, gamma)"
    older = check.find("discounted_return").reference
    outcome, _ = typed("discounted_return", endless, before={"discounted_return": older})
    assert (outcome.status, outcome.mistake) == ("raised", "RecursionError")
    assert "Which case should stop it?" in outcome.text[1]


def test_the_name_is_given_back():
    task, names = check.find("discounted_return"), {"__name__": "__main__", "was": 1}
    exec("def discounted_return(rewards, gamma):\n    return 1.0", names)
    function = names.pop("discounted_return")
    check.check(task, function)
    assert "discounted_return" not in names
    names["discounted_return"] = 5
    check.check(task, function)
    assert names["discounted_return"] == 5


# exercise, body -> mistake, words of what is said
TOLD = {
    "E7": ("td_loss", "return ((q_taken - target) ** 2).mean(-1)", "signature", "first line"),
    "E8": (
        "should_update",
        "if step >= learning_starts and step % update_period == 0:\n    return True",
        "none", "step = 3",
    ),
    "E10": (
        "epsilon_greedy",
        "return random_action if np.any(uniform < epsilon) else q.argmax(-1)",
        "one draw for all", "each row|Each row",
    ),
    "E11": (
        "epsilon_greedy",
        "if np.random.rand() < epsilon:\n    return random_action\nreturn np.argmax(q)",
        "own random numbers", "uniform",
    ),
    "E12": (
        "td_target", "return reward + gamma * q_next.max(-1) * (~terminated)", "TypeError",
        r"\.values",
    ),
    "E14": (
        "linear_schedule", "return max(start + (end - start) / duration * step, end)",
        "falling ones only", "falls",
    ),
    "E18": (
        "discounted_return",
        "g, out = 0.0, []\nfor r in reversed(rewards):\n    g = r + gamma * g\n    out.append(g)\n"
        "return out[::-1]",
        "from every step", "return from every step",
    ),
    "E22": (
        "autocorrelation",
        "x = series - series.mean()\nreturn (x[:-lag] * x[lag:]).sum() / (x * x).sum()",
        "ValueError", r"x\[: len\(x\) - n\]",
    ),
    "power": (
        "discounted_return", "return sum(gamma ^ i * r for i, r in enumerate(rewards))",
        "TypeError", r"\*\*",
    ),
    "capitals": (
        "td_loss",
        "e = q_taken - target\nif kind == 'MSE':\n    return (e ** 2).mean(-1)\n"
        "return F.huber_loss(q_taken, target, reduction='none').mean(-1)",
        "another spelling", "'mse'",
    ),
    "rows": (
        "td_target",
        "out = reward.clone()\nfor i, d in enumerate(terminated):\n    if not d:\n"
        "        out[i] += gamma * q_next[i].max()\nreturn out",
        "RuntimeError", "vector",
    ),
    "max alone": ("td_target", "return q_next.max(-1)", "type", r"\.values"),
    "unused": ("bias_td_target", "return reward + 0.99 * target_bias", "argument unused", "gamma"),
    "twice": ("bias_td_target", "return 2 * (reward + gamma * target_bias)", "factor", "2 times"),
    "one more": ("soft_update", "return bias * tau + target_bias * (1 - tau) + 3", "offset", "3"),
    "order": (
        "td_target", "return (reward + gamma * q_next.amax(-1) * ~terminated).flip(0)", "order",
        "order",
    ),
    "ends": (
        "td_target",
        "y = reward + gamma * q_next.amax(-1) * (~terminated)\nreturn y + 7 * terminated",
        "one kind of row", "terminated is True",
    ),
    "some": ("linear_schedule", "return start + (end - start) * step / duration", None, ""),
    "part": (
        "horizon_bound",
        "return reward * sum(gamma ** i for i in range(k + 1)) - gamma ** (k + 1) * initial_bias",
        None, "initial_bias|start",
    ),
    "no number is negative": (
        "equivalent_tau",
        "q = (1 - 2 * learning_rate) ** target_period\nreturn 1 / (1 - q) - target_period",
        "negative", "negative",
    ),
    "no share is above 1": (
        "reachable_share", "return 1 + gamma ** (updates // target_period + 1)", "above 1",
        "above 1",
    ),
    "the same for all": (
        "largest_failure_rate", "return 0 * seeds * level + 0.5", "constant", "0.5 whatever",
    ),
    "falls in place of rising": (
        "largest_failure_rate", "return 1 / (2 + level * seeds)", "another way",
        "rise with level",
    ),
}  # fmt: skip
HEADS = {"E7": "def td_loss(q_taken, target, kind):"}


@pytest.mark.parametrize("case", TOLD)
def test_what_is_said_points_to_the_part_that_is_wrong(case):
    name, body, mistake, words = TOLD[case]
    outcome, _ = typed(name, body, head=HEADS.get(case))
    assert outcome.status in ("wrong", "raised")
    assert outcome.mistake == mistake or (mistake is None and outcome.mistake)
    assert re.search(words, " ".join([*outcome.text, outcome.code]))


@pytest.mark.parametrize("module", ["np", "math", "F", "torch"])
def test_what_is_not_imported_is_named(module):
    body = f"return {module}.something(rewards)"
    outcome, _ = typed("discounted_return", body, imports="")
    assert outcome.mistake == "NameError"
    assert "import" in outcome.text[1]
    assert module in outcome.text[1]


def test_a_list_that_passes_is_handed_on_as_an_array(monkeypatch):
    monkeypatch.setattr(check, "display", lambda _card: None)
    loops = """
    def broken_rows(obs, next_obs, ended):
        return [
            bool((next_obs[i] == obs[i + 1]).all()) == bool(ended[i]) for i in range(len(obs) - 1)
        ]
    """
    names = {"__name__": "__main__"}
    exec(textwrap.dedent(loops), names)
    function = check.exercise(names["broken_rows"])
    assert function.__wrapped__ is names["broken_rows"]
    obs = np.arange(8.0).reshape(4, 2)
    found = function(obs=obs, next_obs=obs + 2, ended=np.zeros(4, bool))
    assert found.dtype == bool
    assert found.shape == (3,)


def test_nothing_is_printed_that_the_student_did_not_ask_for(capsys):
    body = "print('here')\nreturn reward - gamma * target_bias + 0.123 * reward * gamma"
    typed("bias_td_target", body)
    task = check.find("bias_td_target")
    assert capsys.readouterr().out.count("here") == len(task.probes.inputs)


def listed_arguments():
    """Exercise and place of every argument that a notebook writes as a list."""
    for path in sorted(Path("notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, 4)
        own = exercise_functions(notebook)
        for cell in notebook.cells:
            if cell.cell_type != "code":
                continue
            calls = (
                node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)
            )
            for node in calls:
                if isinstance(node.func, ast.Name) and node.func.id in own:
                    for place, argument in enumerate(node.args):
                        argument = getattr(argument, "left", argument)  # as in [1.0] * 100
                        if isinstance(argument, (ast.List, ast.ListComp)):
                            yield node.func.id, place


def test_a_list_in_a_notebook_is_a_list_in_a_probe():
    found = set(listed_arguments())
    assert found, "a notebook calls discounted_return with a list"
    for name, place in found:
        inputs = check.find(name).probes.inputs
        assert any(isinstance(given[place], list) for given in inputs), (name, place)
