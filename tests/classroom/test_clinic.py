"""Planted bugs: each is caught by the probe that names it, and by its numbers."""

import itertools
import re

import numpy as np
import pytest
import torch

import dqn_lessons.train as loop
from dqn_classroom import clinic
from dqn_classroom.clinic import diagnosis, probes
from dqn_classroom.clinic.inject import Edit, locate
from dqn_lessons import td
from dqn_lessons.config import DQNConfig
from dqn_lessons.rng import RngStreams

EACH_BUG = pytest.mark.parametrize("bug", clinic.BUGS.values(), ids=lambda bug: bug.name)


def shipped(name, probe):
    return clinic.table()[name][probe]


@pytest.mark.parametrize("name", clinic.PROBES)
def test_a_healthy_loop_passes_every_probe(name):
    result = clinic.probe(name)
    assert result.healthy, result
    assert result.outcome == shipped("healthy", name)


@EACH_BUG
def test_each_bug_is_caught_by_the_probe_that_names_it(bug):
    with clinic.injected(bug.edits):
        result = clinic.probe(bug.caught_by)
    assert not result.healthy
    mine, known = result.outcome, shipped(bug.name, bug.caught_by)
    assert (mine.error, mine.healthy) == (known.error, known.healthy), (
        "run `python -m tests.classroom.clinic_tables`"
    )
    rows = {bug.caught_by: mine}, {bug.caught_by: known}
    assert not list(diagnosis.disagreements(*rows))


def test_a_whole_row_of_the_shipped_table_comes_out_again():
    with clinic.injected(clinic.BUGS["target by reference"].edits):
        row = diagnosis.row_of(map(clinic.probe, clinic.PROBES))
    assert diagnosis.behaves_like(row) == ["target by reference"]


def test_the_table_knows_every_bug_and_tells_each_from_every_other():
    table = clinic.table()
    assert list(table) == [clinic.HEALTHY, *clinic.BUGS]
    assert len(clinic.BUGS) >= 16
    for one, other in itertools.combinations(table, 2):
        assert any(diagnosis.disagreements(table[one], table[other])), f"{one} is {other}"


def test_every_probe_is_needed():
    table = clinic.table()
    for bug in clinic.BUGS.values():
        outcome = table[bug.name][bug.caught_by]
        assert outcome.error or not all(outcome.healthy)
    alone = {bug.caught_by for bug in clinic.BUGS.values()}
    assert alone == set(clinic.PROBES)


def test_a_former_name_is_still_understood():
    former = {bug.was: name for name, bug in clinic.BUGS.items() if bug.was}
    assert former["never copied"] == "never synced"
    assert former.keys().isdisjoint({*clinic.BUGS, clinic.HEALTHY})
    assert {was: clinic.current_name(was) for was in former} == former
    for name in (*clinic.BUGS, clinic.HEALTHY, "no such bug"):
        assert clinic.current_name(name) == name


@EACH_BUG
def test_a_bug_is_told_in_full_sentences(bug):
    for text in (bug.shows, bug.lesson):
        assert re.fullmatch(r"[A-Z`].*[.)]", text), text
    assert bug.source[0] != " "
    assert not bug.source.endswith(".")
    assert "http" not in bug.source
    assert len(bug.edits) <= 4
    diff = clinic.changed_lines(bug.edits)
    assert re.search(r"(?m)^- ", diff)
    assert re.search(r"(?m)^\+ ", diff)


def test_a_planted_bug_is_gone_afterwards_whatever_happens():
    before = {
        edit.where: getattr(*locate(edit.where))
        for bug in clinic.BUGS.values()
        for edit in bug.edits
    }

    def stop_on_the_way():
        with clinic.injected(clinic.BUGS["no terminal mask"].edits):
            assert td.td_target is not before["td.td_target"]
            raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        stop_on_the_way()
    after = {where: getattr(*locate(where)) for where in before}
    assert after == before


def test_an_edit_must_meet_its_line_exactly_once():
    edit = Edit("td.td_target", "gamma", "0.9")
    with pytest.raises(ValueError, match=r"'gamma' stands \d times in td.td_target"):
        clinic.injected([edit])
    with pytest.raises(ValueError, match="stands 0 times"):
        clinic.changed_lines([Edit("td.td_target", "no such words", "")])


def test_a_probe_without_a_name_is_refused():
    with pytest.raises(KeyError, match=r"there is no probe 'x'\. Probes: one state"):
        clinic.probe("x")


def test_an_interrupt_is_not_taken_for_a_symptom(monkeypatch):
    def stop():
        raise KeyboardInterrupt

    monkeypatch.setitem(clinic.PROBES, "ends", ("", stop))
    with pytest.raises(KeyboardInterrupt):
        clinic.probe("ends")


def test_the_corridors_numbers_come_from_plain_q_learning(monkeypatch):
    """The same rows and the same draws, and the update in NumPy."""
    kept = {}
    real = loop.train

    def train(*args, **kwargs):
        kept["run"] = real(*args, **kwargs)
        return kept["run"]

    monkeypatch.setattr(loop, "train", train)
    steps = {"steps": 300, "batch_size": 8, "replay_capacity": 300, "learning_starts": 200}
    learned = probes.values_after_sgd("ShortCorridor", gamma=0.8, epsilon_end=1.0, **steps)
    rows = kept["run"].replay.rows[0]
    rng = np.random.default_rng(RngStreams.spawn(0).replay)
    weights, bias = np.zeros((2, 5)), np.zeros(2)
    old_weights, old_bias = weights.copy(), bias.copy()
    for update in range(1, 102):
        batch = rows[(rng.random(8) * (199 + update)).astype(int)]
        best = (batch["next_obs"] @ old_weights.T + old_bias).max(1)
        y = batch["reward"] + 0.8 * best * ~batch["terminated"]
        q = (batch["obs"] @ weights.T + bias)[np.arange(8), batch["action"]]
        for row, error in zip(batch, q - y, strict=True):
            step = probes.RATE * 2 * error / 8
            weights[row["action"]] -= step * row["obs"]
            bias[row["action"]] -= step
        if update % 50 == 0:
            old_weights, old_bias = weights.copy(), bias.copy()
    cells = (np.eye(5)[:4] @ weights.T + bias).max(1)
    np.testing.assert_allclose(learned[0].max(-1), cells, atol=1e-5)
    np.testing.assert_allclose(cells[[0, -1]], probes.CORRIDOR, atol=1e-5)


# --- what is brought -----------------------------------------------------------------------


def right_update(batch, online, target, optimizer, gamma):
    with torch.no_grad():
        best = target(batch.next_obs).max(dim=1).values
        y = batch.reward + gamma * torch.where(batch.terminated, 0.0, best)
    q = online(batch.obs)[torch.arange(len(y)), batch.action]
    loss = ((q - y) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def update_with(old, new):
    import inspect

    source = inspect.getsource(right_update)
    assert source.count(old) == 1
    space = {"torch": torch}
    exec(source.replace(old, new), space)
    return space["right_update"]


BROUGHT = {
    "healthy": right_update,
    "no terminal mask": update_with("torch.where(batch.terminated, 0.0, best)", "best"),
    "online network for the target": update_with("target(batch", "online(batch"),
    "[B] against [B, 1]": update_with(
        "online(batch.obs)[torch.arange(len(y)), batch.action]",
        "online(batch.obs).gather(1, batch.action[:, None])",
    ),
    "max over the batch": update_with("max(dim=1).values", "max()"),
}


@pytest.mark.parametrize("name", BROUGHT)
def test_an_update_that_is_brought_is_known_by_its_bug(name):
    report = clinic.report(BROUGHT[name])
    assert report.like == (name,), report.card
    assert loop.Run.update.__module__ == "dqn_lessons.train"


@pytest.fixture
def only():
    """Ask some probes alone; all are asked in `test_clinic_field` and for a row of the table."""
    kept = dict(clinic.PROBES)

    def keep(*names):
        for name in {*clinic.PROBES} - {*names}:
            del clinic.PROBES[name]

    yield keep
    clinic.PROBES.clear()
    clinic.PROBES.update(kept)  # in their order, which says what a student is sent to first


def test_parts_can_be_brought_too(only):
    only("ends", "replay buffer")
    report = clinic.report(td_target=lambda reward, terminated, q_next, gamma: reward)
    assert report.like == ("it never looks ahead",)
    assert "It aims at y = r." in report.verdict
    ring = clinic.report(write_index=lambda added, capacity: min(added, capacity - 1))
    assert ring.like == ("the newest is dropped",)
    assert "What is wrong: the newest is dropped." in ring.verdict
    assert "✗ fails" in repr(ring.card)
    assert "oldest kept" in ring.card.details["replay buffer"]


def test_a_part_has_only_the_bugs_that_it_can_have():
    row = dict(clinic.table()["never synced"])
    assert clinic.behaves_like(row) == clinic.behaves_like(row, ["hard_update_"])
    assert clinic.behaves_like(row, ["td_target"]) == []


def test_another_pace_is_no_bug(only):
    only("one state", "ends", "episodes")
    slow = clinic.report(td_loss=lambda q, y, kind: (q - y).square().mean(-1) / 2)
    assert slow.like == ("healthy",)
    assert slow.verdict.startswith("Healthy, at another pace.")
    assert "· other pace" in repr(slow.card)


def test_an_update_that_raises_is_told_with_its_error():
    report = clinic.report(update_with("batch.reward", "batch.prize"))
    assert report.verdict.startswith("It stops. AttributeError: the batch has no field 'prize'")
    assert "Its fields: obs, action, reward" in report.verdict


@pytest.mark.parametrize(
    ("brought", "error", "words"),
    [
        ({}, ValueError, "nothing to ask about, or too much"),
        ({"td_targets": len}, ValueError, "'td_targets' is no part|td_targets is no part"),
        ({"td_target": 3}, TypeError, "td_target = 3 is a int: it must be a function"),
        ({"td_target": lambda reward: reward}, TypeError, r"called with \(reward, terminated"),
        ({"update": lambda batch: None}, TypeError, r"called with \(batch, online, target"),
    ],
)
def test_what_cannot_be_asked_about_is_refused(brought, error, words):
    with pytest.raises(error, match=words):
        clinic.report(**brought)


def test_the_gradient_step_of_the_loop_is_that_of_an_update_with_each_bug_that_lies_in_it():
    """One row: Q(s, a) = 7, r = 1, the target network's best is 10, the online network's 5."""
    rows, one = torch.tensor([0]), torch.tensor([1.0])
    batch = (rows, rows, one, rows + 1, torch.tensor([False]))
    moved = {}
    for name, update in clinic.planted_updates().items():
        online = torch.nn.Embedding.from_pretrained(
            torch.tensor([[7.0, 0.0], [1.0, 5.0]]), freeze=False
        )
        target = torch.nn.Embedding.from_pretrained(torch.tensor([[0.0, 0.0], [2.0, 10.0]]))
        update(batch, online, target, torch.optim.SGD(online.parameters(), lr=0.5), 0.5)
        moved[name] = online.weight[0, 0].item()  # half a step on (7 - y)²: y itself
    assert moved.pop("healthy") == moved["sum for mean"] == moved["gradients pile up"] == 6
    assert moved["no terminal mask"] == moved["max over the batch"] == 6
    assert moved["terminal mask reversed"] == 1
    assert moved["no discount"] == 11
    assert moved["mean over actions for the max"] == 4
    assert moved["online network for the target"] == 3.5
    assert moved["epsilon for gamma"] == pytest.approx(1 + 10 * DQNConfig().epsilon_end)
    assert len(moved) == 13
    assert all(clinic.BUGS[name].part in ("target", "target network", "loss") for name in moved)
