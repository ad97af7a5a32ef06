"""The examiner names what is wrong with programs that it knows through their environments alone.

They learn a table from all that is stored: nothing in them is the course's, and a hundred of them
take less time than one network. Networks are examined by `python -m tests.soak examinations`.
"""

from collections import Counter, deque

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from dqn_classroom import clinic
from dqn_classroom.clinic import watched
from tests.classroom.clinic_tables import own_program

PROGRAM = """
def train(env_id, *, steps, gamma, seed):
    rng = np.random.default_rng(seed)
    env = gym.make(env_id)
    actions = int(env.action_space.n)
    first = rng.uniform(-0.1, 0.1, actions)
    q, rows, drawn = {}, deque(maxlen=1_000), []
    begun, episode = 0, 0
    obs, _ = env.reset(seed=seed)
    for step in range(steps):
        clock = step
        epsilon = max(0.1, 1 - 2 * clock / steps)
        random = rng.random() < epsilon
        values = q.get(obs.tobytes(), first)
        action = int(rng.integers(actions) if random else values.argmax())
        after, reward, terminated, truncated, _ = env.step(action)
        ended = terminated or truncated
        rows.append((obs.copy(), action, reward, after.copy(), terminated))
        obs = after
        if ended:
            obs, _ = env.reset()
            begun, episode = step + 1, episode + 1
        if step % 100 == 99:
            fit(q, first, rows, gamma)
    return lambda seen: np.array([q.get(one.tobytes(), first) for one in seen])


def fit(q, first, rows, gamma):
    same = Counter((s.tobytes(), a, r, t.tobytes(), e) for s, a, r, t, e in rows)
    for sweep in range(30):
        slow, sums = dict(q), {}
        for (s, a, r, t, e), count in same.items():
            y = r + gamma * slow.get(t, first).max() * (1 - e)
            total = sums.setdefault((s, a), np.zeros(2))
            total += count * y, count
        for (s, a), (total, count) in sums.items():
            q.setdefault(s, first.copy())[a] = total / count
"""


def written(*edits):
    """The program, with other words in some of its lines."""
    text = PROGRAM
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    space = {"np": np, "gym": gym, "deque": deque, "Counter": Counter}
    exec(text, space)
    return space["train"]


def examined(*edits, **options):
    return clinic.examine(written(*edits), progress=False, **options)


EVALUATION = """
    other = gym.make(env_id)
    obs, _ = other.reset(seed=0)
    for step in range(100):
        action = int(q.get(obs.tobytes(), first).argmax())
        obs, _, terminated, truncated, _ = other.step(action)
        if terminated or truncated:
            obs, _ = other.reset()
    return lambda"""
ADD = "        rows.append((obs.copy(), action, reward, after.copy(), terminated))\n"
HEALTHY = {
    "plain": (),
    "another seed": (("default_rng(seed)", "default_rng(seed + 99)"),),
    "evaluates": (("    return lambda", EVALUATION),),
    "keeps everything": (("maxlen=1_000", "maxlen=100_000"),),
    "resets with seeds of its own": (("env.reset()", "env.reset(seed=seed + step + 1)"),),
    "a module for q": (
        ("    return lambda", "    table = lambda"),
        ("for one in seen])\n\n", "for one in seen])\n    return Module(table)\n\n"),
        ("def fit", "import torch\nclass Module(torch.nn.Module):\n    def __init__(self, f):\n"
         "        super().__init__()\n        self.f = f\n    def forward(self, x):\n"
         "        return torch.tensor(self.f(x.numpy()))\n\ndef fit"),
    ),
}  # fmt: skip
BUGS = {
    "no terminal mask": ((" * (1 - e)", ""),),
    "terminal mask reversed": (("(1 - e)", "e"),),
    "the last reward is masked too": (("y = r", "y = (1 - e) * r"),),
    "no discount": (("gamma * slow", "slow"), ("range(30)", "range(1)")),
    "epsilon for gamma": (("gamma * slow", "0.1 * slow"),),
    "mean over actions for the max": ((".max() * (1", ".mean() * (1"),),
    "max over the batch": (
        ("slow.get(t, first).max()", "max([0, *(x.max() for x in slow.values())])"),
    ),
    "truncation is an end": (("after.copy(), terminated))", "after.copy(), ended))"),),
    "never synced": (("slow.get(t, first)", "first"),),
    "synced the wrong way round": (("= total / count", "= first[a]"),),
    "[B] against [B, 1]": (("= total / count", "= np.mean([x / n for x, n in sums.values()])"),),
    "the newest is dropped": ((ADD, ADD.replace("rows", "len(rows) == 1_000 or rows")),),
    "never full": (("        if ended", "        rows[rng.integers(step + 1)]\n        if ended"),),
    "full from the start": (
        ("    begun, episode = 0", "    nothing = np.float32([0])\n"
         "    rows += [(nothing, 0, 0.0, nothing, 0)] * 1_000\n    begun, episode = 0"),
    ),
    "observation kept by reference": ((ADD, ADD.replace(".copy()", "")),),
    "rows of the autoreset are stored": (
        ("            obs, _ = env.reset()\n", """\
            obs, _ = env.reset()
            rows.append((after.copy(), action, 0.0, obs.copy(), False))
"""),
    ),
    "epsilon never decays": (("clock = step", "clock = 0"),),
    "epsilon decays per episode": (("clock = step", "clock = episode"),),
    "epsilon restarts with each episode": (("clock = step", "clock = 2 * (step - begun)"),),
    "epsilon jumps to its end": (("clock = step", "clock = steps"),),
    "exploration reversed": (("rng.random() < epsilon", "rng.random() >= epsilon"),),
    "no reset after truncation": (("if ended:", "if terminated:"),),
    "every episode the same": (("env.reset()", "env.reset(seed=0)"),),
    "evaluated while exploring": (
        ("    return lambda", EVALUATION.replace("= int(q", "= 0 if step % 10 == 0 else int(q")),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HEALTHY)
def test_a_right_program_is_healthy(name):
    examination = examined(*HEALTHY[name])
    assert examination.passed, examination
    assert not examination.suspects
    assert examination.verdict.startswith("Healthy")


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_is_named(name):
    examination = examined(*BUGS[name])
    assert not examination.passed
    assert name in examination.suspects, examination
    assert len(examination.suspects) <= 2


FAULTS = {  # what is wrong with the program -> the finding, and words of what came
    "a seed that does nothing": (
        [("default_rng(seed)", "default_rng(1)"), ("env.reset(seed=seed)", "env.reset(seed=1)")],
        ("another seed", "the same run"),
    ),
    "no seed at all": (
        [("default_rng(seed)", "default_rng()"), ("env.reset(seed=seed)", "env.reset()")],
        ("the same seed", "another run"),
    ),
    "writes into an observation": (
        [("        obs = after\n", "        obs = after\n        after *= 0.99\n")],
        ("observations handed out", "written to"),
    ),
    "goes on after an end": (
        [("if ended:", "if ended and step % 2:")],
        ("resets after an end", "steps beyond"),
    ),
    "never stops": (
        [("in range(steps)", "in range(100_000)")],
        ("a constant reward", "goes on after 2201 steps"),
    ),
    "hardly begins": (
        [("in range(steps)", "in range(steps // 3)")],
        ("a constant reward", "200 of 600 steps"),
    ),
    "returns values": (
        [("lambda seen: np", "np"), ("in seen", "in [obs]")],
        ("a constant reward", "return a function q(obs)"),
    ),
    "one value per state": (
        [("one.tobytes(), first)", "one.tobytes(), first).max()")],
        ("a constant reward", "shape (1,): it must be (1, 2)"),
    ),
    "no numbers": ([("y = r +", "y = np.nan * r +")], ("a constant reward", "no finite numbers")),
    "good rewards are replayed more often": (
        [("+= count * y, count", "+= np.array([y, 1]) * count * (1 + 2 * (r > 0))")],
        ("overestimation of noisy rewards", "off by 1."),
    ),
    "an error": (
        [("    return lambda", "    wrong = rows.size\n    return lambda")],
        ("a constant reward", "has no attribute 'size'"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_what_else_is_wrong_is_found(name):
    edits, (finding, came) = FAULTS[name]
    examination = examined(*edits, steps=2_000)
    found = {one.name: one for one in examination.findings}
    assert not found[finding].passed
    assert came in found[finding].came
    assert not examination.passed


def test_only_noise_shows_that_good_rewards_are_replayed_more_often():
    edits, (finding, _) = FAULTS["good rewards are replayed more often"]
    assert [one.name for one in examined(*edits).findings if not one.passed] == [finding]


def test_what_the_max_makes_of_noise_is_tolerated_with_every_seed():
    for edits in ((), HEALTHY["keeps everything"]):
        train = written(*edits)
        tables = [watched.run(train, "Noise-v0", 2_000, seed)[0] for seed in range(16)]
        offs = [table.max(1).mean() for table in tables]
        assert np.mean(offs) > 0.05
        assert max(offs) < 0.6 < watched.TASKS["Noise-v0"].tolerance


def test_an_error_shows_the_line_of_the_program():
    def train(env_id, *, steps, gamma, seed):
        return gym.make(env_id).steps

    examination = clinic.examine(train, progress=False)
    assert "`return gym.make(env_id).steps`" in examination.findings[0].came
    assert len([one for one in examination.findings if one.right == "it runs"]) == 2


def test_findings_can_be_left_out():
    edit = ("default_rng(seed)", "default_rng()")
    assert not examined(edit).passed
    assert examined(edit, without="the same seed").passed


def test_an_interrupt_gives_what_there_is():
    train, asked = written(), []

    def interrupted(env_id, **options):
        asked.append(env_id)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return train(env_id, **options)

    examination = clinic.examine(interrupted, progress=False)
    assert not examination.passed
    assert not examination.complete
    assert [one.name for one in examination.findings][:2] == [
        "a constant reward",
        "three actions, a step later",
    ]
    assert "Interrupted" in examination.verdict


def test_it_is_shown_as_a_card():
    shown = clinic.Examination((clinic.Finding("a <b> reward", False, "0.50", "1.00"),), ("x",))
    assert "1 of 1 findings are wrong. What fits: x." in repr(shown)
    assert "a &lt;b&gt; reward" in shown._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize(
    ("train", "error"),
    [
        (3, "train = 3 is a int: it must be a function"),
        (lambda env_id: None, "it is called with (env_id, steps=..., gamma=..., seed=...)"),
    ],
)
def test_what_is_no_program_is_refused(train, error):
    with pytest.raises(TypeError) as caught:
        clinic.examine(train)
    assert error in str(caught.value)


def test_values_by_hand():
    tasks = watched.TASKS
    assert tasks["Chain-v0"].values()[:, 0] == pytest.approx([0.729, 0.81, 0.9, 1])
    assert tasks["TimeLimit-v0"].values() == pytest.approx(np.full((1, 2), 2.5))
    assert tasks["TimeLimit-v0"].values("truncation is an end")[0, 0] == pytest.approx(1 / 0.6)
    assert tasks["Chance-v0"].values() == pytest.approx(np.array([[0, 0], [1, 1], [-1, -1]]))
    assert tasks["Constant-v0"].values("no terminal mask") == pytest.approx(np.full((1, 2), 2.0))
    assert not tasks["Noise-v0"].values().any()
    assert tasks["Ring-v0"].values(gamma=0)[1] == pytest.approx([-0.6, -0.3, 0.4])


def test_gymnasium_accepts_the_environments():
    for name in {*watched.TASKS} - {"TwoArrays-v0"}:  # that one breaks a rule on purpose
        check_env(gym.make(f"dqn_clinic/{name}").unwrapped, skip_render_check=True)


def test_the_courses_own_loop_is_healthy():
    examination = clinic.examine(own_program, progress=False)
    assert examination.passed, examination


def test_each_bug_is_named_or_it_is_said_why_it_is_not_seen():
    rows = clinic.examined()
    assert rows["healthy"] == ((), ())
    for name, bug in clinic.BUGS.items():
        assert (name in clinic.UNSEEN) != (name in rows.get(name, ((), ()))[0]), name
        assert (name not in rows) == bug.needs_many
    for name in {*clinic.UNSEEN} & {*rows}:
        assert not rows[name].wrong, name
