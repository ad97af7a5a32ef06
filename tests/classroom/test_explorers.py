"""The explorers redraw what they say, for every position of every control."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dqn_classroom.explorers import CliffExplorer, LinearTDExplorer, TargetLagExplorer
from dqn_classroom.figures import plotly_json
from dqn_lessons import tabular, target_lag
from dqn_lessons.target_lag import TargetLagConfig


@pytest.fixture(scope="module")
def explorer():
    return TargetLagExplorer()


@pytest.fixture(autouse=True)
def at_the_start(request):
    if "explorer" in request.fixturenames:
        request.getfixturevalue("explorer").set(
            learning_rate=1e-3, target_period=5_000, tau=1e-3, gamma=0.99, reward=2.0,
            optimizer="adam", update="hard",
        )  # fmt: skip


def test_the_figure_shows_the_run(explorer):
    bias, speed, bound = explorer.figure.data
    run = target_lag.simulate(TargetLagConfig())
    np.testing.assert_allclose(bias.y, run.bias[np.asarray(bias.x) - 1], rtol=1e-6)
    assert max(bias.y) == pytest.approx(run.bias.max())
    np.testing.assert_allclose(bound.y[-1], 19.1236, atol=1e-4)
    np.testing.assert_array_equal(bound.x[:3], [1, 5_001, 10_001])
    assert speed.visible
    assert len(bias.x) < 2_000


def test_the_page_gets_what_the_figure_holds(explorer):
    explorer.inputs["gamma"].value = 0.9
    (hidden,) = explorer.plot.children
    begin, spec, end = re.split(r"(\{.*\})", hidden.children[0].value)
    assert (begin, end) == ('<script type="application/json">', "</script>")
    assert "<" not in spec, "it could end the element"
    assert json.loads(spec) == json.loads(plotly_json(explorer.figure))


@pytest.mark.parametrize(
    ("preset", "badge"),
    [
        ("speed-limited", "Λ = 0.25: speed-limited"),
        ("target-limited", "Λ = 2.5: target-limited"),
        ("break the bound", "Λ = 250: overshoots"),
    ],
)
def test_the_presets_turn_the_badge(explorer, preset, badge):
    buttons = {button.description: button for button in explorer.children[0].children[1:]}
    buttons[preset].click()
    assert badge in explorer.readout.value


def test_a_soft_update_hides_the_period_and_sgd_the_speed_limit(explorer):
    assert explorer.inputs["tau"].disabled
    explorer.inputs["update"].value = "soft"
    assert explorer.config.tau == pytest.approx(1e-3)
    assert explorer.inputs["target_period"].disabled
    assert not explorer.inputs["tau"].disabled
    explorer.inputs["optimizer"].value = "sgd"
    assert explorer.figure.data[1].visible is False
    assert "SGD" in explorer.readout.value


def test_an_explosion_is_said(explorer):
    explorer.set(optimizer="sgd", learning_rate=1.0, target_period=5, gamma=0.99)
    assert "SGD" in explorer.readout.value or "diverges" in explorer.readout.value
    json.dumps([list(map(float, trace.y)) for trace in explorer.figure.data])


@settings(max_examples=settings().max_examples // 4)
@given(st.data())
def test_every_position_of_the_controls_draws(data):
    explorer = _shared()
    values = {}
    for name, widget in explorer.inputs.items():
        options = getattr(widget, "options", None)
        if options:
            values[name] = data.draw(
                st.sampled_from([o[1] if isinstance(o, tuple) else o for o in options]), name
            )
        elif name == "reward":
            values[name] = data.draw(st.floats(widget.min, widget.max), name)
        else:
            values[name] = 10 ** data.draw(st.floats(widget.min, widget.max), name)
    explorer.set(**values)
    for trace in explorer.figure.data:
        drawn = np.asarray(trace.y, dtype=float)
        assert not np.isinf(drawn).any()
        assert len(trace.x) == len(trace.y) <= 2_400
    assert "role=" in explorer.readout.value
    explorer.table_button.value = True
    assert explorer.table.value.count("<tr>") > 5
    explorer.table_button.value = False


_made = []


def _shared():
    if not _made:
        _made.append(TargetLagExplorer())
    return _made[0]


def test_setting_a_control_that_is_not_there(explorer):
    with pytest.raises(KeyError, match="no control named 'speed'"):
        explorer.set(speed=1)


def test_redrawing_keeps_the_zoom(explorer):
    assert explorer.figure.layout.uirevision == "keep"
    explorer.inputs["gamma"].value = 0.9
    assert explorer.figure.layout.uirevision == "keep"
    assert explorer.figure.layout.xaxis.range is None


def problems():
    """The deadly triad, one of its parts switched off at a time, and where no lag helps."""
    baird, two = target_lag.baird(), target_lag.two_weight_rescue()
    return {
        "all three": baird,
        "on-policy": replace(baird, weights=np.eye(7)[6]),
        "no bootstrapping": replace(baird, gamma=0.0),
        "even data": replace(two, weights=np.array([0.5, 0.5])),
        "no cure": target_lag.tsitsiklis_van_roy(),
    }


def test_baird_explodes_converges_and_crawls():
    explorer = LinearTDExplorer(problems())
    assert "explodes" in explorer.readout.value
    for period, word in ((76, "explodes"), (77, "converges"), (129, "converges")):
        explorer.inputs["target_period"].value = period
        assert f">{word}" in explorer.readout.value
    explorer.inputs["target_period"].value = 10_000
    assert "crawls" in explorer.readout.value
    factors, _, marker, error = explorer.figure.data
    assert marker.x == (10_000,)
    assert len(factors.x) == len(explorer.periods)
    assert np.isfinite(np.asarray(error.y, dtype=float)).all()
    explorer.table_button.value = True
    assert "factor per update" in explorer.table.value


@pytest.mark.parametrize(
    ("problem", "word"),
    [
        ("all three", "explodes"),
        ("on-policy", "converges"),
        ("no bootstrapping", "converges"),
        ("even data", "converges"),
        ("no cure", "explodes"),
    ],
)
def test_each_problem_is_drawn_at_every_step_size(problem, word):
    explorer = LinearTDExplorer(problems())
    for rate in explorer.inputs["learning_rate"].options:
        explorer.set(problem=problem, target_period=1, learning_rate=rate)
        assert f">{word}" in explorer.readout.value
        factors, _, _, error = explorer.figure.data
        expected = target_lag.hard_sync_rate(problems()[problem], rate, explorer.periods[40])
        assert factors.y[40] == expected
        rises = np.nanmax(np.asarray(error.y, dtype=float)) > 2 * error.y[0]
        assert rises == (word == "explodes")


@pytest.mark.parametrize(
    "make", [CliffExplorer, TargetLagExplorer, lambda: LinearTDExplorer(problems())]
)
def test_every_control_has_a_label(make):
    explorer = make()
    assert all(widget.description for widget in explorer.inputs.values())
    assert explorer.table_button.description


@pytest.fixture(scope="module")
def cliff():
    return CliffExplorer()


def test_the_cliffs_values_are_those_of_an_oracle(cliff):
    """Policy iteration, exact for each policy, against the values that are drawn."""
    cliff.set(learned=False, gamma=0.95, slip=0.1)
    outcomes = tabular.cliff(0.1)
    policy = np.full((48, 4), 0.25)
    for _ in range(20):
        q = tabular.policy_values(outcomes, policy, 0.95)
        policy = np.eye(4)[np.round(q, 9).argmax(axis=1)]
    drawn = np.asarray(cliff.figure.data[0].z, dtype=float).ravel()
    np.testing.assert_allclose(drawn[:37], q.max(axis=1)[:37], atol=1e-5)
    assert np.isnan(drawn[37:]).all()
    assert (cliff.figure.data[0].text[3][1], cliff.figure.data[0].text[3][11]) == ("cliff", "goal")


@pytest.mark.parametrize(
    ("slip", "way"),
    [(0, "13 steps, 1 above"), (0.1, "15 steps, 2 above"), (0.2, "no way but by a slip")],
)
def test_slips_move_the_way_off_the_edge(cliff, slip, way):
    cliff.set(learned=False, gamma=1.0, slip=slip)
    assert way in cliff.readout.value


def test_samples_without_slips_teach_the_computed_values(cliff):
    cliff.set(learned=False, gamma=0.9, slip=0, alpha=1.0)
    assert cliff.inputs["alpha"].disabled
    computed = cliff.q(learned=False)
    cliff.set(learned=True)
    assert "off by <b>0.00</b>" in cliff.readout.value
    assert not cliff.inputs["alpha"].disabled
    np.testing.assert_allclose(cliff.q(learned=True), computed, atol=1e-6)
    cliff.set(slip=0.2)
    jumping = cliff.q(learned=True)
    cliff.set(alpha=0.05)
    truth = tabular.value_iteration(tabular.cliff(0.2), 0.9)[-1]
    errors = [np.abs(q.max(axis=1) - truth)[:37].mean() for q in (cliff.q(learned=True), jumping)]
    assert 2 * errors[0] < errors[1]


def test_every_position_of_the_cliffs_controls_draws(cliff):
    for learned in (False, True):
        for gamma in cliff.inputs["gamma"].options:
            for slip in cliff.inputs["slip"].options:
                cliff.set(learned=learned, gamma=gamma, slip=slip)
                drawn = np.asarray(cliff.figure.data[0].z, dtype=float)
                assert np.isfinite(drawn.ravel()[:37]).all()
                assert 'role="status"' in cliff.readout.value
    cliff.table_button.value = True
    assert "value" in cliff.table.value
    cliff.table_button.value = False
