"""Random bad input: refused by name, or answered; never a hang, a NaN or a crash.

The generators are those of ``python -m tests.soak``, which draws more.
"""

import io
import json
from dataclasses import asdict, replace
from decimal import Decimal
from fractions import Fraction
from itertools import count

import numpy as np
import pytest
import torch

from dqn_lessons import checks
from dqn_lessons.config import DQNConfig
from dqn_lessons.experiments import checkpoint
from dqn_lessons.target_lag import TargetLagConfig
from dqn_lessons.train import Run, train
from tests.soak import bad_values, configs, damaged_files, entry_points

# The long ones take memory or a second of training, so they are drawn fewer times.
CONFIGS = 250


@pytest.mark.parametrize("seed", range(4))
def test_bad_configurations_are_refused_by_name_or_train(seed):
    outcomes, faults = configs.check(CONFIGS, seed)
    assert faults == []
    assert outcomes.total() == CONFIGS
    assert min(outcomes["refused"], outcomes["trained"]) > 20, "the generator lost its balance"


@pytest.mark.parametrize("point", entry_points.POINTS)
def test_bad_numbers_elsewhere_are_refused_by_name_or_answered(point):
    outcomes = [
        entry_points.judge(point, field, value)
        for name, field, value in entry_points.cases()
        if name == point
    ]
    assert outcomes.count("refused") > len(outcomes) / 3


def test_damaged_files_are_refused_in_a_sentence(tmp_path):
    outcomes, faults = damaged_files.check(45, 0, tmp_path)
    assert faults == []
    assert outcomes.total() >= 250
    assert outcomes["refused"] > 200


def test_a_bad_refusal_is_seen():
    def refusal(error):
        try:
            raise error
        except Exception as caught:
            return bad_values.refused_well(caught, {"gamma"}, {"test_bad_configs"})

    good = "gamma = 2: it must be in [0, 1]. Use 0.99."
    assert "comes from the depth" in refusal(ValueError(good))
    assert "no remedy" in refusal(ValueError("gamma is wrong"))
    assert "none of ['gamma']" in refusal(ValueError("steps = 2: it must be >= 3. Use 5."))
    assert "is a MemoryError" in refusal(MemoryError(good))


def test_numbers_of_numpy_are_kept_as_python_s(tmp_path):
    fields = {
        "steps": np.int64(12),
        "gamma": np.float32(0.5),
        "learning_rate": Fraction(1, 1000),
        "hidden_sizes": (np.int32(8),),
        "value_range": (np.float32(0), np.int16(10)),
        "tau": np.float16(0.5),
        "batch_size": np.uint8(4),
    }
    config = replace(entry_points.ARM, **fields)
    assert json.loads(json.dumps(asdict(config)))["steps"] == 12
    assert all(type(getattr(config, name)) in (int, float, tuple) for name in fields)
    run = train(config, np.arange(2), progress=False)
    checkpoint.save(tmp_path / "run.npz", run)
    assert checkpoint.load(tmp_path / "run.npz").config == config


@pytest.mark.parametrize(
    "value",
    [10**400, -(10**400), 10**5_000, Fraction(10) ** 400],
    ids=["400", "-400", "5000", "1/1"],
)
def test_numbers_beyond_floats_are_outside_the_limits(value):
    with pytest.raises(ValueError, match=r"^reward = .*: it must be finite"):
        TargetLagConfig(reward=value)
    with pytest.raises(ValueError, match=r"^learning_rate = .*: it must be in \(0, 1\]"):
        DQNConfig(learning_rate=value)


def test_a_long_value_is_shown_short():
    assert checks.shown(list(range(10**5))).startswith("[0, 1, 2")
    assert len(checks.shown("x" * 10**6)) == 80
    assert checks.shown(np.zeros((3, 3))).count("\n") == 0
    assert checks.shown(10**5_000) == "<a int too large to show>"
    assert checks.shown(Decimal("0.5")) == "Decimal('0.5')"


@pytest.mark.parametrize("seeds", [count(), range(10**9)], ids=["endless", "too many"])
def test_seeds_without_an_end_are_not_waited_for(seeds):
    with pytest.raises(ValueError, match=r"^seeds = .*at most 10000 learners"):
        checks.seeds(seeds)


@pytest.mark.parametrize(
    ("fields", "learners", "named"),
    [
        ({"steps": 10**9}, 16, "steps"),
        ({"hidden_sizes": (3_000, 3_000)}, 16, "hidden_sizes"),
        ({"hidden_sizes": (10**7,)}, 4, "hidden_sizes"),
        ({"replay_capacity": 10**8}, 1, "replay_capacity"),
        ({"replay_capacity": 10**7, "learning_starts": 1_000}, 16, "replay_capacity"),
        ({"eval_episodes": 1_000}, 1_000, "eval_episodes"),
    ],
)
def test_what_does_not_fit_into_memory_is_named_before_it_is_taken(fields, learners, named):
    with pytest.raises(ValueError, match=rf"^{named} = .* bytes: it must be at most 2,147,483,648"):
        train(DQNConfig(**fields), range(learners), progress=False)


def test_values_that_run_away_end_in_a_sentence():
    run = Run(replace(entry_points.ARM, learning_rate=0.5), [0, 1])
    run.online.biases[-1].data[1, 0] = torch.inf
    with pytest.raises(ValueError, match=r"^learning_rate = 0.5, after 4 steps the values are no"):
        train(run.config, run.seeds, resume=run, progress=False)


def test_a_file_cannot_promise_more_learners_than_it_holds(tmp_path):
    run = train(replace(entry_points.ARM, steps=5), [0], progress=False)
    checkpoint.save(tmp_path / "run.npz", run)
    with np.load(tmp_path / "run.npz") as archive:
        arrays = dict(archive)
    meta = json.loads(arrays["meta"].tobytes()) | {"seeds": list(range(10**6))}
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    file = io.BytesIO()
    np.savez(file, **arrays)
    (tmp_path / "run.npz").write_bytes(file.getvalue())
    with pytest.raises(checkpoint.CheckpointError, match="at most 10000 learners"):
        checkpoint.load(tmp_path / "run.npz")
