"""What was saved comes back bit for bit; what is not ours is refused in a sentence."""

import csv
import io
import json
import pickle
import tracemalloc
import zipfile
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dqn_lessons.experiments import checkpoint
from dqn_lessons.experiments.checkpoint import CheckpointError
from dqn_lessons.experiments.flight_recorder import FlightRecorder
from dqn_lessons.history import EPISODE_DTYPE, History
from tests.core.test_train import SMALL, quiet, same


@pytest.fixture(scope="module")
def stopped():
    return quiet(replace(SMALL, steps=151), [0, 5])


@pytest.fixture
def saved(tmp_path, stopped):
    path = tmp_path / "run.npz"
    checkpoint.save(path, stopped)
    return path


@pytest.mark.parametrize("env_id", ["CartPole-v1", "tests/TimeLimit-v0"])
@pytest.mark.parametrize("stop", [10, 151])  # before the first update, and in the middle
def test_resuming_gives_the_numbers_of_not_stopping(tmp_path, env_id, stop):
    config = replace(SMALL, env_id=env_id)
    part = quiet(replace(config, steps=stop), [0, 5])
    checkpoint.save(tmp_path / "run.npz", part)
    loaded = checkpoint.load(tmp_path / "run.npz")
    same(quiet(config, [0, 5], resume=loaded), quiet(config, [0, 5]))


def test_without_the_buffer_training_goes_on_from_an_empty_one(tmp_path, stopped, saved):
    small = tmp_path / "small.npz"
    checkpoint.save(small, stopped, with_replay=False)
    assert small.stat().st_size < saved.stat().st_size
    loaded = checkpoint.load(small)
    assert len(loaded.replay) == 0
    same(loaded, stopped)
    run = quiet(SMALL, [0, 5], resume=loaded)
    assert run.history.complete
    assert run.updates == stopped.updates + (300 - 158) // 2  # the first batch needs 8 rows


def test_history_comes_back_bit_for_bit(tmp_path, stopped):
    checkpoint.save_history(tmp_path / "history.npz", stopped.history)
    loaded = checkpoint.load_history(tmp_path / "history.npz")
    for field in fields(History):
        ours, theirs = getattr(stopped.history, field.name), getattr(loaded, field.name)
        if isinstance(ours, np.ndarray):
            assert ours.dtype == theirs.dtype
            assert ours.tobytes() == theirs.tobytes()
        else:
            assert ours == theirs


def test_pairs_in_a_configuration_come_back(tmp_path):
    history = quiet(replace(SMALL, steps=5, value_range=(0.0, 100.0)), [0]).history
    checkpoint.save_history(tmp_path / "history.npz", history)
    assert checkpoint.load_history(tmp_path / "history.npz").config == history.config


def test_a_history_without_evaluations_comes_back(tmp_path):
    history = quiet(replace(SMALL, steps=5), [0]).history
    checkpoint.save_history(tmp_path / "history.npz", history)
    assert checkpoint.load_history(tmp_path / "history.npz").eval_return.shape == (1, 0)
    checkpoint.write_csv(tmp_path / "episodes.csv", history)
    assert len(read_csv(tmp_path / "episodes.csv")) == len(history.episodes)


def read_csv(path):
    header, *rows = csv.reader(path.read_text("utf-8").splitlines())
    assert tuple(header) == EPISODE_DTYPE.names
    return np.array([tuple(row) for row in rows], EPISODE_DTYPE)


def test_csv_comes_back_exactly(tmp_path, stopped):
    path = tmp_path / "episodes.csv"
    checkpoint.write_csv(path, stopped.history)
    assert read_csv(path).tobytes() == stopped.history.episodes.tobytes()
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "seed,episode,step,return,length,epsilon,loss"
    assert len(lines) == 1 + len(stopped.history.episodes)
    pandas = pytest.importorskip("pandas")
    assert pandas.read_csv(path)["return"].tolist() == stopped.history.episodes["return"].tolist()


def test_a_failed_write_leaves_the_old_file(tmp_path, stopped, saved, monkeypatch):
    before = saved.read_bytes()

    def full(file, **arrays):
        file.write(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="no space"):
        checkpoint.save(saved, stopped)
    assert saved.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["run.npz"]


def test_any_truncation_is_a_clear_error(saved):
    whole = saved.read_bytes()
    for size in [*range(0, 200, 40), *range(1000, len(whole), len(whole) // 25), len(whole) - 1]:
        saved.write_bytes(whole[:size])
        with pytest.raises(CheckpointError, match="train again"):
            checkpoint.load(saved)


def test_flipped_bytes_are_refused(saved):
    whole = bytearray(saved.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    saved.write_bytes(whole)
    with pytest.raises(CheckpointError):
        checkpoint.load(saved)


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("code in the file was run",))


def test_no_code_is_run(tmp_path, saved):
    for content in (pickle.dumps(Bomb()), npy(np.array([Bomb()], object))):
        saved.write_bytes(content)
        with pytest.raises(CheckpointError):
            checkpoint.load(saved)
    torch.save({"a": 1}, saved)
    with pytest.raises(CheckpointError):
        checkpoint.load(saved)


def npy(array):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=True)
    return file.getvalue()


def rewrite(path, **changes):
    """Replace members of the archive: arrays, or fields of its JSON."""
    with np.load(path) as archive:
        arrays = dict(archive)
    meta = json.loads(arrays["meta"].tobytes())
    for name, value in changes.items():
        if name in meta:
            meta[name] = value
        else:
            arrays[name] = value
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in arrays.items():
            archive.writestr(f"{name}.npy", npy(value))


def test_objects_inside_an_otherwise_good_file_are_refused(saved):
    rewrite(saved, online=np.array([Bomb()], object))
    with pytest.raises(CheckpointError, match="online is object"):
        checkpoint.load(saved)


def test_an_environment_that_would_import_a_module_is_refused(
    saved, stopped, tmp_path, monkeypatch
):
    (tmp_path / "intruder.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    config = json.loads(json.dumps(stopped.config.__dict__)) | {"env_id": "intruder:CartPole-v1"}
    rewrite(saved, config=config)
    with pytest.raises(CheckpointError, match="would import intruder"):
        checkpoint.load(saved)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"online": np.zeros((2, 3), np.float32)}, "online is float32"),
        ({"online": np.zeros((2, 114))}, "online is float64"),
        ({"history_loss": np.zeros((3, 3))}, r"history_loss is float64 \(3, 3\)"),
        ({"seeds": [0, 5, 6]}, "not the shape"),
        ({"seeds": [0, 0]}, "all different"),
        ({"format": "dqn-lessons history 1"}, "its format is"),
        ({"config": {"gamma": 2}}, "gamma = 2"),
        ({"replay": np.zeros(3)}, "replay is float64"),
        ({"actions": np.zeros((1, 2), np.int16)}, "actions is int16"),
        # valid, and it cannot be true
        ({"step": -1}, "step = -1"),
        ({"step": 152}, "step = 152"),
        ({"step": True}, "step = True is a bool"),
        ({"complete": "no"}, "complete = 'no' after 151 of 151 steps"),
        ({"complete": False}, "complete = False"),
        ({"updates": -1}, "updates = -1"),
        ({"updates": 10**30}, "updates = 10+"),
        ({"updates": 1.5}, "updates = 1.5"),
        ({"updates_summed": 152}, "updates_summed = 152"),
        ({"added": 10**12}, "added = 10+"),
        ({"lengths": np.full(2, -1)}, "lengths holds -1"),
        ({"lengths": np.full(2, 10**9)}, "lengths holds 1000000000"),
        ({"episode_count": np.full(2, 10**9)}, "episode_count holds"),
        ({"returns": np.full(2, np.inf)}, "returns holds inf"),
        ({"last_loss": np.full(2, -1, np.float32)}, "last_loss holds -1"),
        ({"online": np.full(114 * 2, np.nan, np.float32)}, "online holds nan"),
        ({"target": np.full(114 * 2, np.inf, np.float32)}, "target holds inf"),
        ({"adam_mean": np.full(114 * 2, np.nan, np.float32)}, "adam_mean holds nan"),
        ({"adam_square": np.full(114 * 2, -1, np.float32)}, "adam_square holds -1"),
        ({"obs": np.full((2, 4), np.nan, np.float32)}, "obs holds nan"),
        ({"obs": np.ones((2, 4), np.float32)}, "lead to another observation"),
        ({"history_eval_step": np.array([-100])}, "history_eval_step holds -100"),
        ({"history_q_probe": np.full((2, 1, 64), np.nan)}, "history_q_probe holds nan"),
        ({"history_eval_return": np.full((2, 1), np.inf)}, "history_eval_return holds inf"),
    ],
)
def test_what_does_not_fit_is_named(saved, changes, words):
    rewrite(saved, **changes)
    with pytest.raises(CheckpointError, match=words):
        checkpoint.load(saved)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("action", 99, "action holds 99"), ("action", -1, "action holds -1"), ("reward", np.nan, "re"),
     ("obs", np.inf, "obs holds inf"), ("next_obs", np.nan, "next_obs holds nan")],
)  # fmt: skip
def test_a_transition_that_the_environment_cannot_give_is_named(saved, field, value, said):
    with np.load(saved) as archive:
        rows = archive["replay"]
    rows[field][1, 7] = value
    rewrite(saved, replay=rows)
    with pytest.raises(CheckpointError, match=said):
        checkpoint.load(saved)


@pytest.mark.parametrize(
    ("field", "value"),
    [("seed", 7), ("episode", -1), ("step", 152), ("step", 0), ("length", 0), ("epsilon", 2),
     ("return", np.nan)],
)  # fmt: skip
def test_an_episode_that_was_not_played_is_named(saved, field, value):
    with np.load(saved) as archive:
        episodes = archive["history_episodes"]
    episodes[field][-1] = value
    rewrite(saved, history_episodes=episodes)
    with pytest.raises(CheckpointError, match=f"{field} holds|episodes holds a seed"):
        checkpoint.load(saved)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"learner": 2}, "learner = 2"),
        ({"every": 0}, "every = 0"),
        ({"seed": "x"}, "seed = 'x'"),
        ({"terminals": np.array([-1, 1])}, "terminals holds -1"),
        ({"layer_0": np.full((2, 4, 16), np.nan, np.float32)}, "layer_0 holds nan"),
        ({"layer_0": np.zeros((2, 5, 16), np.float32)}, "layer_0 is float32"),
        ({"steps": np.array([100, 150])}, "damaged"),
    ],
)
def test_a_flight_that_was_not_flown_is_named(tmp_path, changes, said):
    recorder = FlightRecorder(every=100, learner=1)
    quiet(replace(SMALL, steps=200), [0, 5], on_eval=recorder)
    checkpoint.save_flight(tmp_path / "flight.npz", recorder)
    assert list(checkpoint.load_flight(tmp_path / "flight.npz").weights) == [100, 200]
    rewrite(tmp_path / "flight.npz", **changes)
    with pytest.raises(CheckpointError, match=said):
        checkpoint.load_flight(tmp_path / "flight.npz")


@pytest.mark.parametrize("name", ["online", "replay", "history_episodes", "meta", "junk"])
def test_what_is_larger_than_a_run_of_its_configuration_is_never_unpacked(saved, name):
    bomb = saved.with_name("bomb.npz")
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in old.namelist():
            if member != f"{name}.npy":
                archive.writestr(member, old.read(member))
        with np.load(saved) as arrays:
            dtype = arrays[name].dtype if name != "junk" else np.dtype("u1")
        size = 300_000_000 // dtype.itemsize
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": dtype.descr if dtype.names else dtype.str, "fortran_order": False,
                     "shape": (size,)},
        )  # fmt: skip
        with archive.open(f"{name}.npy", "w") as file:
            file.write(header.getvalue())
            for _ in range(300):
                file.write(bytes(1_000_000))
    assert bomb.stat().st_size < 1_000_000
    tracemalloc.start()
    if name == "junk":  # nobody asks for it
        same(checkpoint.load(bomb), checkpoint.load(saved))
    else:
        with pytest.raises(CheckpointError, match=f"{name} is .*, not the shape"):
            checkpoint.load(bomb)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 50_000_000


def test_an_environment_that_its_generator_does_not_determine_is_not_taken_up(tmp_path):
    run = quiet(replace(SMALL, env_id="tests/Forgetful-v0", steps=151), [0, 5])
    checkpoint.save(tmp_path / "run.npz", run)
    with pytest.raises(CheckpointError, match=r"'tests/Forgetful-v0'.*another observation"):
        checkpoint.load(tmp_path / "run.npz")


def test_any_number_of_actions_comes_back(tmp_path):
    config = replace(SMALL, env_id="tests/Many-v0", hidden_sizes=(), steps=151)
    run = quiet(config, [0, 1])
    assert run.log.actions.max() > 2**15
    checkpoint.save(tmp_path / "run.npz", run)
    loaded = checkpoint.load(tmp_path / "run.npz")
    assert np.array_equal(loaded.log.actions[-3:], run.log.actions[-3:])
    assert np.array_equal(loaded.obs, run.obs)


def test_a_history_is_not_a_run_and_a_missing_file_is_missing(tmp_path, stopped, saved):
    with pytest.raises(CheckpointError, match="its format is"):
        checkpoint.load_history(saved)
    with pytest.raises(FileNotFoundError):
        checkpoint.load(tmp_path / "none.npz")


FIRST_EDITION = Path(__file__).parents[1] / "data" / "first_edition"


def test_files_of_the_first_edition_are_read_or_refused():
    """Written at version 0.1.0, one of each kind; the run was compressed since."""
    history = checkpoint.load_history(FIRST_EDITION / "history.npz")
    assert (history.step, history.complete, history.seeds) == (60, True, (5,))
    assert history.config.value_range == (0.0, 100.0)
    assert history.eval_step.tolist() == [30, 60]
    flight = checkpoint.load_flight(FIRST_EDITION / "flight.npz")
    assert list(flight.weights) == list(flight.terminals) == [30, 60]
    assert flight.at(60, "eval_return") == history.eval_return[0, 1]
    assert [layer.shape for layer in flight.weights[30]] == [(4, 2), (2,), (2, 2), (2,)]
    # Its networks were stored layer by layer, and would not go on bit for bit.
    with pytest.raises(CheckpointError, match=r"of another edition.*checkpoint 1.*train again"):
        checkpoint.load(FIRST_EDITION / "run.npz")


def test_a_file_of_another_edition_that_does_not_fit_says_what_to_do(saved, stopped):
    config = json.loads(json.dumps(stopped.config.__dict__))
    rewrite(saved, config=config | {"a_setting_of_old": 1})
    with pytest.raises(CheckpointError, match=r"a_setting_of_old.*train again"):
        checkpoint.load(saved)
    rewrite(saved, config=config | {"env_id": "dqn_lessons/Clock-v0"})
    with pytest.raises(CheckpointError, match=r"Clock.*train again"):
        checkpoint.load(saved)
