"""The curves of a training, out of what its job told."""

from __future__ import annotations

import math

from support.evil import EVIL, FORBIDDEN
from support.job_folders import training

from reason_tui.engine.jobs.records import Note, Progress
from reason_tui.tui.curves import drawn, plot, stages
from reason_tui.tui.glyphs import Glyphs
from reason_tui.tui.ink import plain, width


def rows(records, cells: int = 60, height: int = 1) -> list[str]:
    return [plain(row) for row in drawn(records, Glyphs(), cells, height)]


def test_loss_accuracy_and_margin_are_drawn_with_their_last_figures():
    head, loss, accuracy, margin = rows(training(10))
    assert head.split() == ["DPO", "step", "10"]
    assert loss.split()[:2] == ["loss", "0.450"] and accuracy.split()[:2] == ["accuracy", "0.833"]
    assert margin.split()[:2] == ["margin", "1.000"]
    assert loss.split()[2][0] == "█" and loss.split()[2][-1] == "▁"


def test_only_the_last_stage_is_drawn_and_a_step_made_again_counts_once():
    again = Progress(done=2, text="", data={"stage": "SFT", "loss": 0.25})
    records = [*training(4), *training(3, stage="SFT"), Note(text="Going on from step 1."), again]
    assert [round(value, 3) for _, value in sorted(stages(records)["SFT"]["loss"].items())] == [0.675, 0.25, 0.625]
    assert rows(records)[0].split() == ["SFT", "step", "3"]


def test_what_is_no_training_has_no_curves():
    assert rows([Progress(done=1, text="t1: solved"), Note(text="x")]) == []


def test_more_points_than_cells_are_drawn_by_their_means():
    assert plot([0.0, 0.0, 1.0, 1.0], Glyphs(), 2, 1) == ["▁█"]
    (bar,) = plot([float(value) for value in range(1000)], Glyphs(), 40, 1)
    assert len(bar) == 40 and list(bar) == sorted(bar)


def test_a_higher_curve_stands_on_full_blocks():
    assert plot([0.0, 0.4, 1.0], Glyphs(), 3, 2) == ["  █", "▁▇█"]
    assert plot([0.0, 1.0], Glyphs(), 100, 1) == ["▁▁▁▁████"], "few points are drawn wider"


def test_a_curve_that_does_not_move_is_a_line_and_fits_its_width():
    assert plot([0.5, 0.5], Glyphs(ascii=True), 2, 1) == ["__"]
    assert all(width(row) <= 40 for row in drawn(training(200, of=200), Glyphs(), 40, 3))


def test_the_name_of_a_stage_is_cleaned():
    told = [Progress(done=1, text="", data={"stage": EVIL, "loss": 1.0})]
    assert not set("\n".join(rows(told))) & set(FORBIDDEN)


def test_a_loss_that_is_no_number_ends_its_curve_and_figures_that_are_none_make_no_stage():
    nan = [Progress(done=at, data={"stage": "SFT", "loss": value}) for at, value in ((5, math.nan), (6, math.inf))]
    told = [*training(4, stage="SFT"), *nan, Progress(done=7, data={"stage": "SFT"})]
    assert rows(told) == rows(training(4, stage="SFT"))
    assert rows([Progress(done=1, data={"stage": "DPO"})]) == []
