"""Sweeps train what is missing, keep what is there, and run the same on a cluster."""

import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace

import joblib
import numpy as np
import pytest

from dqn_lessons.config import DQNConfig, differences
from dqn_lessons.experiments import sweep as sweeping
from dqn_lessons.experiments.checkpoint import CheckpointError
from dqn_lessons.experiments.sweep import factorial, sweep
from dqn_lessons.train import train

TINY = DQNConfig(
    env_id="dqn_lessons/Catch-v0",
    steps=60,
    hidden_sizes=(8,),
    batch_size=4,
    learning_starts=8,
    update_period=1,
    target_period=5,
    eval_period=30,
    eval_episodes=2,
)
WITHOUT = {
    "replay": {"replay_capacity": 1, "batch_size": 1, "learning_starts": 1},
    "target": {"target_period": 1},
}
ARMS = factorial(TINY, **WITHOUT)


def same(one, other):
    assert list(one) == list(other)
    for name in one:
        assert one[name].config == other[name].config
        assert one[name].episodes.tobytes() == other[name].episodes.tobytes()
        np.testing.assert_array_equal(one[name].q_probe, other[name].q_probe)


def test_a_factorial_is_all_combinations_as_differences_of_one_base():
    assert list(ARMS) == ["neither", "replay", "target", "both"]
    assert differences(ARMS["both"], TINY) == {}
    assert differences(TINY, ARMS["target"]).keys() == WITHOUT["replay"].keys()
    assert differences(TINY, ARMS["replay"]).keys() == {"target_period"}
    three = factorial(TINY, **WITHOUT, loss={"loss": "huber"})
    assert list(three)[0::7] == ["none", "all"]
    assert "replay + target" in three
    assert len(three) == 8


def test_a_sweep_is_each_arm_trained_alone():
    alone = {n: train(c, [3, 4], progress=False).history for n, c in ARMS.items()}
    same(sweep(ARMS, [3, 4], jobs=1, progress=False), alone)


def test_in_processes_it_is_the_same():
    same(sweep(ARMS, [3, 4], jobs=2, progress=False), sweep(ARMS, [3, 4], jobs=1, progress=False))


def test_on_a_dask_cluster_it_is_the_same():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
        ) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        spread = sweep(ARMS, [3, 4], progress=False)
    same(spread, sweep(ARMS, [3, 4], jobs=1, progress=False))


def test_what_is_there_is_not_trained_again(tmp_path, monkeypatch):
    first = sweep(ARMS, [3, 4], tmp_path, jobs=1, progress=False)
    trained = []
    monkeypatch.setattr(
        sweeping, "train", lambda config, *a, **k: trained.append(config) or train(config, *a, **k)
    )
    same(sweep(ARMS, [3, 4], tmp_path, jobs=1, progress=False), first)
    assert trained == []
    more = {**ARMS, "slow": replace(TINY, target_period=20)}
    sweep(more, [3, 4], tmp_path, jobs=1, progress=False)
    assert trained == [more["slow"]]
    sweep({"both": TINY}, [3, 5], tmp_path, jobs=1, progress=False)
    assert trained[1:] == [TINY], "other seeds are another result"


def test_a_killed_sweep_goes_on_where_it_was(tmp_path):
    """Killed without warning after its first result; the second call trains only the rest."""
    script = textwrap.dedent(f"""
        import os, pathlib, signal
        from tests.core.test_sweep import ARMS, sweep, sweeping, train

        def killed(run):  # in the middle of a training
            if list(pathlib.Path({str(tmp_path)!r}).glob("*.npz")):
                os.kill(os.getpid(), signal.SIGKILL)

        sweeping.train = lambda *args, **named: train(*args, on_eval=killed, **named)
        sweep(ARMS, [3, 4], {str(tmp_path)!r}, jobs=1, progress=False)
    """)
    process = subprocess.run([sys.executable, "-c", script], cwd=os.getcwd(), check=False)
    assert process.returncode == -signal.SIGKILL
    kept = {path: path.read_bytes() for path in tmp_path.glob("*.npz")}
    assert 1 <= len(kept) < 4
    resumed = sweep(ARMS, [3, 4], tmp_path, jobs=1, progress=False)
    assert all(path.read_bytes() == before for path, before in kept.items())
    same(resumed, sweep(ARMS, [3, 4], jobs=1, progress=False))


def test_a_damaged_result_is_named_and_kept(tmp_path):
    sweep({"both": TINY}, [0], tmp_path, jobs=1, progress=False)
    (path,) = tmp_path.glob("*.npz")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(CheckpointError, match=path.name):
        sweep({"both": TINY}, [0], tmp_path, jobs=1, progress=False)
    assert path.exists()


def test_an_error_in_one_arm_loses_no_other(tmp_path):
    arms = {"good": TINY, "bad": replace(TINY, env_id="NoSuchWorld-v0")}
    with pytest.raises(Exception, match="NoSuchWorld"):
        sweep(arms, [0], tmp_path, jobs=1, progress=False)
    assert len(list(tmp_path.glob("*.npz"))) == 1


def own_target(reward, terminated, q_next, gamma):
    return reward


def test_a_students_target_is_sent_along():
    ours = sweep({"both": TINY}, [0], td_target=own_target, jobs=2, progress=False)["both"]
    alone = train(TINY, [0], td_target=own_target, progress=False).history
    np.testing.assert_array_equal(ours.q_probe, alone.q_probe)


def test_nothing_to_train_is_an_error():
    with pytest.raises(ValueError, match="arms is empty"):
        sweep({}, [0])
    with pytest.raises(ValueError, match="jobs = -2"):
        sweep(ARMS, [0], jobs=-2)
