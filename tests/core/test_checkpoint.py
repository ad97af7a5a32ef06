"""What was saved comes back bit for bit; what is not ours is refused in a sentence."""

import csv
import io
import json
import pickle
import zipfile
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dqn_lessons.experiments import checkpoint
from dqn_lessons.experiments.checkpoint import CheckpointError
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
    rewrite(saved, online_0=np.array([Bomb()], object))
    with pytest.raises(CheckpointError, match="allow_pickle"):
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
        ({"history_loss": np.zeros((3, 3))}, r"loss is not \[2, 1\]"),
        ({"seeds": [0, 5, 6]}, "is not"),
        ({"seeds": [0, 0]}, "all different"),
        ({"format": "dqn-lessons history 1"}, "its format is"),
        ({"config": {"gamma": 2}}, "gamma = 2"),
        ({"replay": np.zeros(3)}, "replay is float64"),
        ({"actions": np.zeros((1, 2), np.int16)}, "damaged"),
    ],
)
def test_what_does_not_fit_is_named(saved, changes, words):
    rewrite(saved, **changes)
    with pytest.raises(CheckpointError, match=words):
        checkpoint.load(saved)


def test_huge_promises_are_refused_before_memory_is_taken(saved, monkeypatch):
    monkeypatch.setattr(checkpoint, "_MAX_BYTES", 1000)
    with pytest.raises(CheckpointError, match="the limit is 1,000"):
        checkpoint.load(saved)


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
