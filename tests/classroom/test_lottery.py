"""Small studies are drawn from the large one, and their errors are counted."""

import numpy as np
import pytest

from dqn_classroom.explorers import SeedLottery
from dqn_lessons import stats

DIFFERENCES = np.r_[np.full(12, 3.0), np.full(4, -5.0)]


@pytest.fixture
def lottery():
    return SeedLottery({"a − b": DIFFERENCES, "c − d": -DIFFERENCES[:8]}, "return")


def test_it_shows_seeds_of_the_large_study_and_their_mean(lottery):
    seeds, mean, truth = lottery.figure.data[:3]
    assert len(seeds.x) == 3
    assert set(seeds.x) <= {3.0, -5.0}
    assert mean.x[0] == pytest.approx(np.mean(seeds.x))
    assert truth.x[0] == pytest.approx(DIFFERENCES.mean())


def test_the_bars_are_all_studies_and_the_hatched_ones_point_the_wrong_way(lottery):
    right, wrong = lottery.figure.data[4:]
    assert sum(right.y) + sum(wrong.y) == 1_000
    assert wrong.marker.pattern.shape == "/"
    rate = stats.sign_error_rate(DIFFERENCES, 3, np.random.default_rng(0), 1_000)
    assert sum(wrong.y) == pytest.approx(1_000 * rate)
    assert f"<b>{rate:.1%}</b> point the wrong way" in lottery.readout.value
    assert 0.1 < rate < 0.25, "by hand: 2 or 3 of 3 from the four, 0.157"


def test_a_longer_study_is_the_shorter_one_with_seeds_added(lottery):
    short = list(lottery.figure.data[0].x)
    lottery.inputs["k"].value = 5
    assert list(lottery.figure.data[0].x[:3]) == short


def test_all_seeds_never_point_the_wrong_way(lottery):
    assert lottery.inputs["k"].max == 8, "the smaller comparison sets the limit"
    lottery.set(comparison="c − d", k=8)
    assert sum(lottery.figure.data[5].y) == 0
    assert "<b>0.0%</b> point the wrong way" in lottery.readout.value


def test_the_button_walks_through_the_studies_and_begins_again(lottery):
    button = lottery.children[1].children[1]
    button.click()
    assert lottery.inputs["study"].value == 2
    lottery.inputs["study"].value = 100
    button.click()
    assert lottery.inputs["study"].value == 1


def test_the_table_says_what_the_figure_shows(lottery):
    lottery.table_button.value = True
    assert "the right way" in lottery.table.value


@pytest.mark.parametrize("differences", [{}, {"a": [1.0]}, {"a": [[1.0, 2.0]]}])
def test_what_cannot_be_drawn_is_refused(differences):
    with pytest.raises(ValueError, match="at least two seeds"):
        SeedLottery(differences)
