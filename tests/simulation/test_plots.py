"""The plots: the committed files are what is drawn, and show what was measured where it belongs."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from simulation.plots import lanes
from simulation.plots.__main__ import CHARTS
from simulation.plots.chart import Axis, Chart, Line

FOLDER = Path(__file__).parents[2] / "plots"
SVG = "{http://www.w3.org/2000/svg}"


def test_the_plot_of_the_lanes_is_drawn_as_it_was_committed() -> None:
    assert lanes.chart().drawn() == (FOLDER / "lanes.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CHARTS)
def test_a_committed_plot_is_a_picture_that_runs_and_fetches_nothing(name: str) -> None:
    root = ElementTree.parse(FOLDER / f"{name}.svg").getroot()
    kinds = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert kinds <= {"svg", "title", "desc", "style", "rect", "text", "line", "polyline", "circle"}
    assert "url(" not in (FOLDER / f"{name}.svg").read_text(encoding="utf-8")


def test_what_is_written_is_escaped() -> None:
    axis = Axis("a < b", ((0.0, "0"), (1.0, "1")))
    root = ElementTree.fromstring(Chart("x & y", "", axis, axis, (Line("<c>", ((0.0, 0.0),), "#000000"),)).drawn())
    assert {"a < b", "x & y", "<c>"} <= {element.text for element in root.iter(f"{SVG}text")}


def test_a_value_lies_on_a_log_axis_by_its_magnitude_and_never_beyond_its_ends() -> None:
    axis = Axis("", ((1.0, "1"), (10.0, "10"), (100.0, "100")), log=True)
    assert [axis.place(value) for value in (0.0, 1.0, 10.0, 100.0, 1000.0)] == [0.0, 0.0, 0.5, 1.0, 1.0]
