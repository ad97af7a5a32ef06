"""Figures draw what they were given, lose no extreme, and can be read without eyes."""

import json
import re
import subprocess
import sys
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from dqn_classroom import figures

CURVES = arrays(float, st.integers(1, 5_000), elements=st.floats(-1e6, 1e6) | st.just(float("nan")))


@given(CURVES, st.integers(1, 50))
def test_decimation_keeps_ends_and_extremes(curve, buckets):
    keep = figures.decimate(curve, buckets)
    assert len(keep) <= 4 * buckets or len(keep) == len(curve)
    assert np.all(np.diff(keep) > 0)
    assert keep[0] == 0
    assert keep[-1] == len(curve) - 1
    if np.isfinite(curve).any():
        assert np.nanmax(curve[keep]) == np.nanmax(curve)
        assert np.nanmin(curve[keep]) == np.nanmin(curve)


def test_decimation_keeps_a_single_spike_of_a_long_curve():
    curve = np.zeros(50_000)
    curve[31_415] = 1.0
    assert 31_415 in figures.decimate(curve, 100)


def test_decimation_refuses_a_matrix():
    with pytest.raises(ValueError, match=r"shape \(2, 3\).*\[T\]"):
        figures.decimate(np.zeros((2, 3)))


def bias_figure():
    rising = np.linspace(0, 3, 100)
    return figures.bias_curves({"slow": rising, "fast": 2 * rising}, np.repeat([2.0, 4.0], 50), 50)


def first_figure():
    return figures.bias_curves({"bias b": np.linspace(0, 5, 100), "true value": np.full(100, 200)})


def error_figure():
    return figures.error_curves({"slow": [2.0, 1.9, 1.8], "fast": [2.0, 1.0, 0.5]})


def period_figure():
    return figures.steps_to_learn([1, 10, 100], {"SGD": [5, 6, 9], "Adam": [7, 3, 8]}, "updates")


def corridor_figure():
    return figures.corridor_values([1.0, 0.9], {"C = 1": [1.5, 0.9], "C = 50": [1.0, 0.9]})


def series_figure():
    return figures.line_plot([0, 1, 2], {"a": [1, 2, 3], "b": [0, 0, 1]}, "lag (steps)", "likeness")


def curves_figure():
    band = ([1.0, 2.0], [0.5, 1.5], [1.5, 2.5])
    limits = {"true upper bound": 100, "stairs": [1, 2]}
    return figures.learning_curves(
        [10, 20], {"on": band}, "value", seeds=16, limits=limits, log=True
    )


def pairs_figure():
    panels = {"early": ([1.0, 2.0], [1.0, 2.0]), "late": ([1.0, 2.0], [3.0, 2.0])}
    return figures.scatter_plot(panels, "return, a", "return, b")


def test_a_scatter_plot_says_how_many_pairs_are_equal():
    accessible = pairs_figure()
    assert "early: 2 points, 100% of them on the line of equal values" in accessible.alt
    assert "late: 2 points, 50% of them" in accessible.alt
    right = accessible.figure.axes[1]
    assert right.lines[-1].get_ydata().tolist() == [3.0, 2.0]


def seeds_figure():
    return figures.seed_curves([10, 20], [[1.0, 2.0], [3.0, 6.0]], "return")


def intervals_figure():
    return figures.forest_plot({"on - off": (3.0, 1.0, 5.0), "x": (0.0, -1.0, 1.0)}, "difference")


def among_figure():
    others = [[1.0, 2.0], [3.0, 6.0], [2.0, 9.0]]
    return figures.rank_among_runs([10, 20], others, [2.0, 7.0], [50.0, 66.7], "return")


def solver_among_figure():
    steps = np.arange(5_000, 130_001, 5_000)
    others = np.linspace(0, 500, 3 * len(steps)).reshape(3, -1)
    return figures.rank_among_runs(steps, others, others[0], others[1] / 5, "return")


def clinic_figure():
    steps = np.arange(100, 4_001, 100)
    curves = np.linspace(0, 200, 2 * len(steps)).reshape(2, -1)
    panels = dict.fromkeys(("return", "largest |Q|", "loss"), (curves, curves))
    return figures.versus_healthy_band(steps, panels, "case")


def heat_figure():
    signed = np.linspace(-2, 3, 12).reshape(3, 4)
    panels = {"value": signed + 5, "difference": signed}
    return figures.heat_map(range(4), range(3), panels, "angle (degrees)", "speed (degrees/s)")


def parts_figure():
    return figures.diagram(("target network", "loss"))


FIGURES = [
    bias_figure,
    first_figure,
    error_figure,
    period_figure,
    corridor_figure,
    series_figure,
    curves_figure,
    seeds_figure,
    intervals_figure,
    among_figure,
    heat_figure,
    parts_figure,
]


@pytest.mark.parametrize("make", FIGURES)
def test_every_figure_is_described(make):
    accessible = make()
    assert isinstance(accessible.figure, go.Figure | Figure)
    assert len(accessible.alt) > 40
    assert len({len(column) for column in accessible.table.values()}) == 1
    assert "<table>" in accessible.details()
    assert accessible.alt.split(".")[0] in accessible.details()


@pytest.mark.parametrize("make", FIGURES)
def test_lines_differ_in_more_than_colour(make):
    figure = make().figure
    if isinstance(figure, go.Figure):
        styles = [trace.line.dash for trace in figure.data]
    else:
        named = [line for line in figure.axes[0].lines if not line.get_label().startswith("_")]
        styles = [line.get_linestyle() + str(line.get_linewidth()) for line in named]
    assert len(set(styles)) == len(styles)


@pytest.mark.parametrize("make", [solver_among_figure, heat_figure, clinic_figure])
def test_numbers_of_an_axis_do_not_run_into_each_other(make):
    figure = make().figure
    FigureCanvasAgg(figure).draw()
    for axis in figure.axes:
        boxes = [label.get_window_extent() for label in axis.get_xticklabels() if label.get_text()]
        for left, right in pairwise(sorted(boxes, key=lambda box: box.x0)):
            assert right.x0 - left.x1 > 3, "pixels between two numbers"


def test_axes_name_their_units():
    assert "updates" in bias_figure().figure.layout.xaxis.title.text
    assert "updates" in period_figure().figure.axes[0].get_xlabel()
    assert "steps" in corridor_figure().figure.axes[0].get_xlabel()


def test_the_stairs_are_drawn_at_their_corners():
    stairs = bias_figure().figure.data[-1]
    assert stairs.line.shape == "hv"
    np.testing.assert_array_equal(stairs.x, [1, 51, 100])
    np.testing.assert_array_equal(stairs.y, [2.0, 4.0, 4.0])


def test_the_first_figure_gives_nothing_away():
    """No stairs, no bound and no horizon before the question is asked: neither seen nor read."""
    shown = first_figure()
    text = str(shown.figure.to_dict()) + shown.alt + "".join(shown.table)
    assert not re.search("bound|B<sub>k|B_k|horizon|stair", text)
    legend = " ".join(trace.name for trace in bias_figure().figure.data)
    assert "horizon" not in legend


def test_the_right_axis_reads_the_error_as_the_gradient_of_its_square():
    figure = error_figure().figure
    FigureCanvasAgg(figure).draw()
    left, (right,) = figure.axes[0], figure.axes[0].child_axes
    seen = [float(right.transData.transform((0, -2 * error))[1]) for error in (2.0, 0.5)]
    np.testing.assert_allclose(seen, left.transData.transform([(0, 2.0), (0, 0.5)])[:, 1])


def test_text_alternatives_say_the_numbers():
    assert "slow 3.000, fast 6.000" in bias_figure().alt
    assert "slow from 1.8 to 2; fast from 0.5 to 2" in error_figure().alt
    assert "SGD: fewest at C = 1; Adam: fewest at C = 10" in period_figure().alt
    assert "C = 1: largest error 0.500" in corridor_figure().alt


def test_one_run_among_many_is_said_in_words():
    assert "reaches 7, the others between 2 and 9; that is percentile 67" in among_figure().alt


def test_a_map_is_drawn_the_right_way_up_and_zero_is_marked():
    figure = heat_figure().figure
    value, difference = figure.axes[:2]
    np.testing.assert_allclose(value.collections[0].get_array()[0], np.linspace(-2, 3, 12)[:4] + 5)
    assert len(value.collections) == 1
    assert len(difference.collections) == 2, "the line where the difference is zero"
    assert difference.collections[0].get_clim() == (-3, 3)
    assert "difference from -2 to 3" in heat_figure().alt


def test_the_parts_of_the_day_stand_out_by_more_than_colour():
    wide = [box.get_linewidth() for box in parts_figure().figure.axes[0].patches]
    usual = [box.get_linewidth() for box in figures.diagram().figure.axes[0].patches]
    assert sorted(wide) == [*usual[:5], 3, 3]
    assert parts_figure().alt.endswith("Highlighted: target network, loss.")
    assert figures.diagram("loss").alt.endswith("Highlighted: loss.")
    assert "Highlighted" not in figures.diagram().alt


def test_data_flows_from_the_environment_to_the_loss_and_back():
    table = figures.diagram().table
    flows = set(zip(table["from"], table["to"], strict=True))
    way = ["environment", "replay buffer", "minibatch", "online network", "loss"]
    assert {*pairwise(way), *pairwise([*way[2:3], "target network", "loss"])} <= flows
    back = ["loss", "online network", "policy", "environment"]
    assert {*pairwise(back), ("environment", "policy")} <= flows
    assert ("online network", "target network") in flows


def test_in_the_diagram_no_text_leaves_its_box_and_no_label_runs_into_one():
    figure = figures.diagram().figure
    FigureCanvasAgg(figure).draw()
    axis = figure.axes[0]
    boxes = [box.get_window_extent() for box in axis.patches]
    labels = [text.get_window_extent() for text in axis.texts if text.get_text()]
    inside = [[b for b in boxes if b.overlaps(label)] for label in labels]
    assert [len(touched) for touched in inside] == 14 * [1] + 11 * [0]
    for (box,), label in zip(inside[:14], labels, strict=False):
        assert box.x0 < label.x0
        assert label.x1 < box.x1


def test_a_part_that_there_is_not():
    with pytest.raises(ValueError, match=r"highlight = 'memory': use parts of .*replay buffer"):
        figures.diagram(("loss", "memory"))


def test_a_long_table_is_thinned_but_keeps_its_ends():
    accessible = figures.AccessibleFigure(None, "", {"x": list(range(1_000))})
    cells = [int(cell) for cell in re.findall(r"<td>(\d+)</td>", accessible.table_html())]
    assert len(cells) <= 24
    assert (cells[0], cells[-1]) == (0, 999)


def test_text_in_tables_is_escaped():
    accessible = figures.AccessibleFigure(None, "a < b", {"<script>": ["<img>"]})
    assert "<script>" not in accessible.details()
    assert "<img>" not in accessible.details()


@pytest.mark.parametrize("make", [bias_figure, period_figure])
def test_a_figure_is_shown_with_its_text_alternative_also_in_a_terminal(make, monkeypatch):
    shown, accessible = [], make()
    name = "dqn_classroom.figures.accessible.display"
    monkeypatch.setattr(name, lambda data, raw: shown.append(data))
    accessible._ipython_display_()
    assert shown[0].get("text/html", "").count("<img") == (figures.PLOTLY not in shown[0])
    assert "<table>" in shown[-1]["text/html"]
    assert accessible.alt in shown[-1]["text/html"]
    assert [said for data in shown if (said := data["text/plain"])] == [accessible.alt]


def test_no_figure_has_a_button_that_leads_to_a_server():
    shared = {"showSendToCloud": False, "displaylogo": False}
    assert json.loads(figures.plotly_json(bias_figure().figure))["config"] == shared


def test_a_widget_does_not_wait_for_what_it_does_not_need():
    """nbformat brings jsonschema, and that forty grammars of web addresses: seconds."""
    code = (
        "import sys; from dqn_classroom.explorers import TargetLagExplorer; TargetLagExplorer();"
        "sys.exit('nbformat' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
