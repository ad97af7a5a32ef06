"""The shipped runs are what was shipped, fit their configurations, and can be made again."""

import json
import shutil

import numpy as np
import pytest

from dqn_lessons import reference
from dqn_lessons.checkpoint import CheckpointError
from dqn_lessons.train import train

EACH = pytest.mark.parametrize("study", reference.STUDIES)


@EACH
def test_a_shipped_study_is_complete_and_of_the_configuration_in_the_code(study):
    histories = reference.load(study)
    assert list(histories) == list(reference.STUDIES[study])
    for arm, history in histories.items():
        assert history.config == reference.STUDIES[study][arm]
        assert history.seeds == tuple(reference.seeds_of(study))
        assert len(history.seeds) >= 20
        assert history.complete
        shape = (24, history.config.steps // history.config.eval_period)
        assert history.eval_return.shape == history.max_abs_q.shape == shape
        assert history.q_probe.shape == (*shape, 1)
        assert np.isfinite(history.eval_return).all()


def test_the_shipped_files_are_small_and_nothing_else_lies_there():
    names = {path.name for path in reference.FOLDER.iterdir()}
    manifest = json.loads((reference.FOLDER / "manifest.json").read_text())
    assert names == {"manifest.json", *manifest["sha256"]}
    assert sum(path.stat().st_size for path in reference.FOLDER.iterdir()) < 500_000
    assert {"python", "torch", "numpy", "gymnasium"} <= set(reference.made_with())


def test_one_condition_can_be_made_again():
    """Another machine rounds otherwise, so later evaluations agree in law, not in digits."""
    shipped = reference.load("catch")["both"]
    again = reference.thin(train(shipped.config, shipped.seeds, progress=False).history)
    np.testing.assert_array_equal(again.eval_step, shipped.eval_step)
    first = slice(0, 1)
    np.testing.assert_allclose(again.q_probe[:, first], shipped.q_probe[:, first], atol=0.05)
    gap = again.eval_return.mean(0) - shipped.eval_return.mean(0)
    assert np.abs(gap).max() < 0.4
    np.testing.assert_allclose(
        again.eval_return[:, -1].mean(), shipped.eval_return[:, -1].mean(), atol=0.1
    )


def test_a_changed_file_is_refused_by_name(tmp_path):
    folder = tmp_path / "reference"
    shutil.copytree(reference.FOLDER, folder)
    victim = folder / "catch-both.npz"
    victim.write_bytes(victim.read_bytes() + b" ")
    with pytest.raises(CheckpointError, match=r"catch-both\.npz.*python -m dqn_lessons.reference"):
        reference.load("catch", folder)
    victim.unlink()
    with pytest.raises(CheckpointError, match=r"catch-both\.npz"):
        reference.load("catch", folder)


def test_an_unknown_study_is_named():
    with pytest.raises(KeyError, match=r"'pong'.*cartpole"):
        reference.load("pong")
