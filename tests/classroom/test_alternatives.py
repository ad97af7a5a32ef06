"""Every figure and every widget with a figure has words and numbers in its place."""

import inspect

import numpy as np
import pytest

from dqn_classroom import figures, shipped
from dqn_classroom.explorers import (
    CliffExplorer,
    Explorer,
    FlightView,
    LinearTDExplorer,
    SeedLottery,
    TargetLagExplorer,
    TrainingView,
)
from dqn_classroom.explorers.panel import Panel
from dqn_lessons.train import train
from tests.classroom import test_explorers, test_figures
from tests.classroom.test_training_view import CONFIG


def clinic_figure():
    healthy = np.array([[1.0, 2.0], [2.0, 4.0]])
    return figures.versus_healthy_band([10, 20], {"loss": ([[3.0, 5.0]], healthy)}, "case 1")


FIGURES = {
    "rank_among_runs": test_figures.among_figure,
    "versus_healthy_band": clinic_figure,
    "bias_curves": test_figures.bias_figure,
    "error_curves": test_figures.error_figure,
    "diagram": figures.diagram,
    "corridor_values": test_figures.corridor_figure,
    "scatter_plot": test_figures.pairs_figure,
    "seed_curves": test_figures.seeds_figure,
    "heat_map": test_figures.heat_figure,
    "forest_plot": test_figures.intervals_figure,
    "learning_curves": test_figures.curves_figure,
    "line_plot": test_figures.series_figure,
    "steps_to_learn": test_figures.period_figure,
}


def a_training():
    view = TrainingView("Catch")
    train(CONFIG, [0, 1], on_eval=view, progress=False)
    return view


WIDGETS = {
    CliffExplorer: CliffExplorer,
    TargetLagExplorer: TargetLagExplorer,
    LinearTDExplorer: lambda: LinearTDExplorer(test_explorers.problems()),
    SeedLottery: lambda: SeedLottery({"with - without": [1.0, -2.0, 4.0]}),
    FlightView: lambda: FlightView(shipped.ShippedRun("solver", "step size stays").flight),
    TrainingView: a_training,
}


def widgets_below(kind):
    return {kind}.union(*map(widgets_below, kind.__subclasses__()))


def test_none_is_left_out():
    accessible = {
        name
        for name, thing in vars(figures).items()
        if inspect.isfunction(thing)
        and inspect.signature(thing).return_annotation
        in ("AccessibleFigure", figures.AccessibleFigure)
    }
    assert accessible == set(FIGURES)
    own = {kind for kind in widgets_below(Panel) if kind.__module__.startswith("dqn_classroom")}
    assert own - {Panel, Explorer} == set(WIDGETS)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_words_and_numbers(name):
    accessible = FIGURES[name]()
    assert len(accessible.alt.split()) >= 8
    assert any(mark.isdigit() for mark in accessible.alt), "it says what there is to see"
    assert accessible.table_html().count("<tr>") >= 3


@pytest.mark.parametrize("kind", WIDGETS, ids=lambda kind: kind.__name__)
def test_a_widget_has_words_and_numbers(kind):
    widget = WIDGETS[kind]()
    assert len(widget.readout.value.split()) >= 8
    assert any(mark.isdigit() for mark in widget.readout.value)
    assert not widget.table.value
    widget.table_button.value = True
    assert widget.table.value.count("<tr>") >= 3
