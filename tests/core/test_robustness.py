"""A full disk, a folder that cannot be written, no network, no display, an interrupt."""

import errno
import json
import os
import pickle
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dqn_classroom import progress
from dqn_lessons.config import DQNConfig
from dqn_lessons.experiments import checkpoint
from dqn_lessons.experiments import sweep as sweeping
from dqn_lessons.experiments.sweep import sweep
from dqn_lessons.train import train
from tests.core.gym_helpers import odd
from tests.soak.bad_values import no_hang
from tests.soak.entry_points import ARM

ARMS = {"a": ARM, "b": replace(ARM, gamma=0.5), "c": replace(ARM, gamma=0.1)}


@pytest.fixture(scope="module")
def run():
    return train(ARM, [0], progress=False)


WRITERS = {
    "run.npz": lambda path, run: checkpoint.save(path, run),
    "history.npz": lambda path, run: checkpoint.save_history(path, run.history),
    "episodes.csv": lambda path, run: checkpoint.write_csv(path, run.history),
}
READERS = {
    "run.npz": checkpoint.load,
    "history.npz": checkpoint.load_history,
    "episodes.csv": lambda path: np.loadtxt(path, delimiter=",", skiprows=1),
}


def full_disk(*_args, **_kwargs):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def one_sentence_or_two(error, *words):
    said = str(error)
    assert "\n" not in said
    assert len(said) < 400
    assert [word for word in words if word not in said] == []


# Where the system first notices that the disk is full: opening, flushing or renaming.
@pytest.mark.parametrize("place", ["open", "os.fsync", "os.replace"])
@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_keeps_the_old_file_and_says_so(name, place, run, tmp_path, monkeypatch):
    path = tmp_path / name
    WRITERS[name](path, run)
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(f"dqn_lessons.experiments.files.{place}", full_disk, raising=False)
        with pytest.raises(OSError, match="could not be saved: No space left") as caught:
            WRITERS[name](path, run)
    assert caught.value.errno == errno.ENOSPC
    one_sentence_or_two(caught.value, name, "What was there before is unchanged", "Free some space")
    assert path.read_bytes() == before
    READERS[name](path)
    assert [p.name for p in tmp_path.iterdir()] == [name], "the half-written file is gone"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a full device")
def test_a_device_that_is_full_is_told_by_the_system_itself(run, tmp_path, monkeypatch):
    path = tmp_path / "episodes.csv"
    checkpoint.write_csv(path, run.history)
    before = path.read_bytes()

    def on_the_full_device(place, mode, **text):
        Path(place).symlink_to("/dev/full")
        return open(place, mode.replace("x", "w"), **text)

    monkeypatch.setattr("dqn_lessons.experiments.files.open", on_the_full_device, raising=False)
    with pytest.raises(OSError, match="No space left on device"):
        checkpoint.write_csv(path, run.history)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", WRITERS)
def test_a_folder_that_is_not_there_is_named(name, run, tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        WRITERS[name](tmp_path / "no" / name, run)
    one_sentence_or_two(caught.value, name, "could not be saved", "Nothing was written")


def refused(*_args, **_kwargs):
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@pytest.mark.parametrize("name", WRITERS)
def test_a_folder_that_cannot_be_written_is_named(name, run, tmp_path, monkeypatch):
    WRITERS[name](tmp_path / name, run)
    monkeypatch.setattr("dqn_lessons.experiments.files.open", refused, raising=False)
    with pytest.raises(PermissionError) as caught:  # the administrator may write anywhere
        WRITERS[name](tmp_path / name, run)
    one_sentence_or_two(caught.value, name, "Permission denied", "save to a folder")
    READERS[name](tmp_path / name)


def test_a_sweep_sees_before_training_that_nothing_can_be_kept(tmp_path, monkeypatch):
    trained = []
    monkeypatch.setattr(sweeping, "train", lambda *a, **k: trained.append(a))
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder", encoding="utf-8")
    for folder in (in_the_way, in_the_way / "results"):
        with pytest.raises(OSError, match="cannot be written") as caught:
            sweep(ARMS, [0], folder, jobs=1, progress=False)
        one_sentence_or_two(caught.value, "Nothing was trained", "folder = ")
    monkeypatch.setattr(sweeping.tempfile, "TemporaryFile", refused)
    with pytest.raises(PermissionError, match="cannot be written"):
        sweep(ARMS, [0], tmp_path / "results", jobs=1, progress=False)
    assert trained == []
    assert in_the_way.read_text(encoding="utf-8") == "not a folder"


def test_a_sweep_whose_disk_fills_up_goes_on_where_it_was(tmp_path, monkeypatch):
    saved = []

    def fills_up(path, history):
        if saved:
            full_disk()
        saved.append(path)
        checkpoint.save_history(path, history)

    with monkeypatch.context() as patch:
        patch.setattr(sweeping, "save_history", fills_up)
        with pytest.raises(OSError, match="No space left"):
            sweep(ARMS, [0], tmp_path, jobs=1, progress=False)
    assert list(tmp_path.iterdir()) == saved
    kept = saved[0].read_bytes()
    histories = sweep(ARMS, [0], tmp_path, jobs=1, progress=False)
    assert list(histories) == list(ARMS)
    assert saved[0].read_bytes() == kept


def test_an_interrupted_sweep_keeps_what_is_finished_and_nothing_else(tmp_path, monkeypatch):
    def interrupts_itself(config, *args, **kwargs):
        if config == ARMS["b"]:
            kwargs["on_eval"] = lambda run: signal.raise_signal(signal.SIGINT)
        return train(config, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(sweeping, "train", interrupts_itself)
        with pytest.raises(KeyboardInterrupt):
            sweep(ARMS, [0], tmp_path, jobs=1, progress=False)
    (kept,) = tmp_path.iterdir()
    assert checkpoint.load_history(kept).config == ARMS["a"]
    histories = sweep(ARMS, [0], tmp_path, jobs=1, progress=False)
    assert all(history.complete for history in histories.values())


def test_an_error_in_a_sweep_names_its_arm_and_passes_from_one_process_to_another():
    crashes = replace(ARM, env_id=odd(part="error", value=True, at=7))
    with pytest.raises(LookupError, match="crashed") as caught:
        sweep({"good": ARM, "bad": crashes}, [0], jobs=1, progress=False)
    assert "It was the arm 'bad'." in caught.value.__notes__
    assert type(pickle.loads(pickle.dumps(caught.value))) is LookupError


def test_a_result_that_was_stopped_is_not_taken_for_a_finished_one(tmp_path):
    histories = sweep({"a": ARM}, [0], tmp_path, jobs=1, progress=False)
    (path,) = tmp_path.iterdir()
    stopped = train(ARM, [0], on_eval=lambda run: run.stop(), progress=False).history
    assert not stopped.complete
    checkpoint.save_history(path, stopped)
    again = sweep({"a": ARM}, [0], tmp_path, jobs=1, progress=False)["a"]
    assert again.complete
    np.testing.assert_array_equal(again.q_probe, histories["a"].q_probe)


def test_seeds_that_can_be_read_only_once_are_seeds(tmp_path):
    once = sweep(ARMS, (seed for seed in range(2)), tmp_path, jobs=1, progress=False)
    assert {history.seeds for history in once.values()} == {(0, 1)}


def test_a_progress_file_that_may_not_be_read_stops_nobody(own_progress, monkeypatch, capsys):
    progress.update(lambda record: record["quizzes"].update(one=1))
    before = own_progress.read_bytes()
    monkeypatch.setattr(Path, "read_text", refused)
    monkeypatch.setattr("dqn_lessons.experiments.files.open", refused, raising=False)
    progress.update(lambda record: record["quizzes"].update(two=2))
    assert progress.load()["quizzes"]["two"] == 2
    assert own_progress.read_bytes() == before
    assert capsys.readouterr().out.count("\n") <= 1


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_a_file_is_open_to_those_that_any_new_file_is_open_to(run, tmp_path):
    plain, path = tmp_path / "plain", tmp_path / "run.npz"
    plain.touch()
    checkpoint.save(path, run)
    assert path.stat().st_mode == plain.stat().st_mode
    path.chmod(0o640)
    checkpoint.save(path, run)
    assert path.stat().st_mode & 0o777 == 0o640


def test_what_killed_writers_left_is_removed_and_nothing_else(run, tmp_path):
    path = tmp_path / "run.npz"
    old, alive = tmp_path / ".run.npz.a1.unfinished", tmp_path / ".run.npz.b2.unfinished"
    others = [tmp_path / ".run.npz.backup", tmp_path / ".other.npz.c3.unfinished"]
    for file in (old, alive, *others):
        file.write_text("half", encoding="utf-8")
    for file in (old, *others):
        os.utime(file, (1e9, 1e9))
    checkpoint.save(path, run)
    assert {p.name for p in tmp_path.iterdir()} == {p.name for p in (path, alive, *others)}


@pytest.mark.parametrize("name", WRITERS)
def test_a_link_is_written_through(name, run, tmp_path):
    (tmp_path / "far").mkdir()
    link = tmp_path / name
    link.symlink_to(tmp_path / "far" / "file")
    WRITERS[name](link, run)
    assert link.is_symlink()
    READERS[name](tmp_path / "far" / "file")


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
@pytest.mark.parametrize("name", ["run.npz", "history.npz"])
def test_a_file_without_an_end_is_not_read(name, make, tmp_path):
    make(tmp_path / name)
    with no_hang(name), pytest.raises(checkpoint.CheckpointError, match="it is no ordinary file"):
        READERS[name](tmp_path / name)


OFFLINE = """
    import socket, sys

    def refused(*args, **kwargs):
        raise OSError("this computer has no network")

    socket.socket.connect = socket.socket.connect_ex = refused
    socket.getaddrinfo = socket.create_connection = socket.gethostbyname = refused

    import importlib, pkgutil
    import dqn_classroom, dqn_lessons
    for package in (dqn_lessons, dqn_classroom):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)

    from dqn_classroom import exercises, figures, shipped
    from dqn_classroom.figures import film_of
    from dqn_lessons.experiments import policies
    from dqn_lessons.experiments.flight_recorder import FlightRecorder
    from dqn_lessons.train import train
    from tests.soak.entry_points import ARM

    recorder = FlightRecorder(every=12)
    history = train(ARM, [0, 1], on_eval=recorder, progress=False).history
    assert history.complete
    assert film_of(recorder).png[:4] == b"\\x89PNG"
    agent = policies.greedy_policy(shipped.ShippedRun("solve_cartpole", "agent").weights(learner=0))
    agent = policies.rollout("CartPole-v1", agent, seed=0, render=False)
    assert agent.episode_return == 500
    curves = {"loss": history.loss[0]}
    assert figures.line_plot(history.eval_step, curves, "steps", "loss")._ipython_display_() is None
    assert shipped.load("cartpole")
    print("well")
"""


def test_offline_and_without_a_display_everything_works(tmp_path):
    """No network, no display, no choice of a backend, no home folder that can be written."""
    hidden = {"DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND", "SDL_VIDEODRIVER", "XDG_RUNTIME_DIR"}
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    env |= {"HOME": str(tmp_path / "file"), "MPLCONFIGDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", textwrap.dedent(OFFLINE)],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.endswith("well\n")


def test_a_run_interrupted_from_outside_is_saved_and_taken_up(tmp_path):
    """The stop button is a signal from another process, at a moment that nobody chose."""
    config = replace(ARM, steps=1_000_000, eval_period=100)
    script = textwrap.dedent(f"""
        from dataclasses import replace
        from dqn_lessons.experiments import checkpoint
        from dqn_lessons.train import train
        from tests.soak.entry_points import ARM
        config = replace(ARM, steps={config.steps}, eval_period={config.eval_period})
        say = lambda run: run.step == 100 and print("training", flush=True)
        run = train(config, [0], on_eval=say, progress=False)
        checkpoint.save({str(tmp_path / "run.npz")!r}, run)
        print("saved", run.step, run.history.complete)
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        cwd=os.getcwd(),
        encoding="utf-8",
    )
    assert process.stdout.readline() == "training\n"
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=120)[0].split()
    assert process.returncode == 0
    assert said[0] == "saved"
    assert said[2] == "False"
    loaded = checkpoint.load(tmp_path / "run.npz")
    assert loaded.step == int(said[1])
    more = replace(config, steps=loaded.step + 50)
    resumed = train(more, [0], resume=loaded, progress=False).history
    whole = train(more, [0], progress=False).history
    np.testing.assert_array_equal(resumed.q_probe, whole.q_probe)


def test_a_configuration_that_json_cannot_hold_does_not_exist():
    assert json.dumps(DQNConfig(gamma=np.float32(0.5)).__dict__)


def test_training_loads_no_optimiser_of_pytorch():
    # torch.optim loads torch._dynamo, a second of code; an interrupt in it breaks later trainings.
    code = "import sys, dqn_lessons.train; sys.exit('torch._dynamo' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
