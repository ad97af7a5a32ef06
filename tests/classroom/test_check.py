"""Four outcomes, no traceback, no hang: whatever a student writes."""

import contextlib
import copy
import functools
import inspect
import itertools
import os
import re
import signal
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import dqn_classroom.lessons  # noqa: F401 (which makes the exercises known)
from dqn_classroom import progress
from dqn_classroom.exercises import check, time_limit
from dqn_classroom.exercises.stages import Stage
from dqn_classroom.exercises.time_limit import Limit, TooLong
from dqn_classroom.feedback import Feedback
from dqn_classroom.lessons import plain_dqn
from tests.classroom import stages
from tests.soak.bad_values import no_hang


def doubled(values, factor):
    """Return values times factor."""
    return factor * np.asarray(values)


TASK = check.Exercise(
    doubled,
    check.Probes(
        [(np.array([1.0, -2.0, 3.0]), 2), (np.array([0.5, 4.0, 1.0]), 3)],
        lambda values, factor: f"{factor} × {values}",
    ),
    [
        check.Mistake("plus", lambda values, factor: values + factor, "It is a product."),
        check.Mistake("square", lambda values, factor: values**factor, "Not a power."),
    ],
    hints=("where", "which", "line"),
    insight="Well, well.",
    difficulty=1,
    minutes=1,
)


@pytest.fixture
def shown(monkeypatch):
    """Register the task above, and return the cards that are displayed."""
    cards = []
    monkeypatch.setitem(check.LOADERS, "doubled", lambda: TASK)
    monkeypatch.setattr(check, "display", cards.append)
    return cards


def unfinished_constant(values, factor):
    """Do something."""
    ...


def unfinished_pass(values, factor):
    pass


def unfinished_return(values, factor):
    return ...


def unfinished_raise(values, factor):
    raise NotImplementedError("later")


def unfinished_inside(values, factor):
    half = ...
    return half * factor


def unfinished_result(values, factor):
    result = ...
    return result


@pytest.mark.parametrize(
    "function",
    [unfinished_constant, unfinished_pass, unfinished_return, unfinished_raise,
     unfinished_inside, unfinished_result],
)  # fmt: skip
def test_not_attempted(function):
    outcome = check.check(TASK, function)
    assert outcome.status == "not attempted"
    assert "course's own version" in outcome.text[0]


@pytest.mark.parametrize(
    "function",
    [
        lambda values, factor: values * factor,
        lambda values, factor: [factor * value for value in values],
        lambda values, factor: torch.tensor(values) * factor,
        lambda values, factor: (torch.tensor(values, requires_grad=True) * factor).float(),
        lambda values, factor: np.array(values[..., :], dtype=np.float32) * factor,
        lambda values, factor, unused=None: values * factor,
    ],
)
def test_right_answers_pass_in_any_style(function):
    outcome = check.check(TASK, function)
    assert (outcome.status, outcome.text) == ("passes", ("Well, well.",))


def test_a_known_mistake_is_named():
    assert check.check(TASK, lambda values, factor: values + factor).text == ("It is a product.",)
    assert check.check(TASK, lambda values, factor: values**factor).mistake == "square"


def test_a_mistake_must_agree_on_all_probes():
    def both(values, factor):
        return values + factor if factor == 2 else values

    outcome = check.check(TASK, both)
    assert outcome.status == "wrong"
    assert outcome.mistake == "one part"


def test_an_unknown_mistake_is_worked_out():
    outcome = check.check(TASK, lambda values, factor: values * 2)
    assert "factor = 3" in outcome.code
    assert "expected  [ 1.5 12.   3. ] = 3 × [0.5 4.  1. ]" in outcome.code
    assert "yours     [1. 8. 2.]" in outcome.code


def test_a_card_shows_the_corners_of_a_long_argument():
    probes = check.Probes([(np.arange(90.0).reshape(30, 3), 2)], observe=lambda f, x: f(*x).sum())
    outcome = check.check(replace(TASK, probes=probes), lambda values, factor: values * 3)
    assert outcome.code.splitlines()[0] == "with      values = [[ 0.  1.  2.]"
    assert len(outcome.code.splitlines()) == 9


class Hostile:
    def __array__(self, *_args, **_kwargs):
        raise RuntimeError("no numbers here")


def forgets_to_return(values, factor):
    values * factor


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (forgets_to_return, "returns nothing"),
        (lambda values, factor: "six", "returns a str"),
        (lambda values, factor: {1: 2}, "returns a dict"),
        (lambda values, factor: [[1], [1, 2]], "returns a list"),
        (lambda values, factor: 1.0, r"shape \(\).*shape \(3,\)"),
        (lambda values, factor: values[:, None], r"shape \(3, 1\)"),
        (lambda values, factor: values > 0, "dtype bool"),
        (lambda values: values, "takes values$|yours takes values"),
        (lambda: 1, "yours takes none"),
        (lambda values, factor: Hostile(), "returns a Hostile"),
        (lambda values, factor: torch.ones(3, device="meta"), "returns a Tensor"),
    ],
)
def test_the_kind_of_answer_is_looked_at_first(function, words):
    outcome = check.check(TASK, function)
    assert outcome.status == "wrong"
    assert re.search(words, outcome.text[0])


def misspelled(values, factor):
    return valeus * factor  # noqa: F821


def endless_recursion(values, factor):
    return endless_recursion(values, factor)


def leaves(values, factor):
    raise SystemExit


def odd(values, factor):
    class Odd(BaseException):
        pass

    raise Odd("<b>odd</b>")


class Mute(Exception):
    def __str__(self):
        raise ValueError("a mistake within the mistake")


def mute(values, factor):
    raise Mute


@pytest.mark.parametrize(
    ("function", "kind", "words"),
    [
        (mute, "Mute", ""),
        (misspelled, "NameError", "spelling"),
        (endless_recursion, "RecursionError", "calls itself"),
        (leaves, "SystemExit", "exit"),
        (odd, "Odd", ""),
        (lambda values, factor: 1 / 0, "ZeroDivisionError", "divided by zero"),
        (lambda values, factor: values["a"], "IndexError", ""),
    ],
)
def test_an_exception_is_a_sentence_with_the_line(function, kind, words):
    outcome = check.check(TASK, function)
    assert (outcome.status, outcome.mistake) == ("raised", kind)
    assert kind in outcome.text[0]
    assert words in " ".join(outcome.text)
    assert outcome.code.startswith("line ")


def test_the_line_is_that_of_the_students_code():
    assert "return valeus * factor" in check.check(TASK, misspelled).code


def test_an_interrupt_by_the_user_passes_through():
    def interrupted(values, factor):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check.check(TASK, interrupted)


def loops(values, factor):
    while True:
        pass


def sleeps(values, factor):
    time.sleep(3_600)


def sleeps_and_swallows(values, factor):
    while True:
        try:
            time.sleep(3_600)
        except:  # noqa: E722
            continue


def naps_and_swallows_twice(values, factor):
    while True:
        try:
            with contextlib.suppress(BaseException):
                time.sleep(0.001)
        except BaseException:
            continue


def counts_and_swallows(values, factor):
    while True:
        try:
            for _ in range(10**6):
                pass
        except BaseException:
            continue


@pytest.mark.parametrize(
    "function",
    [loops, sleeps, sleeps_and_swallows, naps_and_swallows_twice, counts_and_swallows],
)
def test_an_endless_loop_is_reported(function):
    outcome = check.check(TASK, function, seconds=0.2)
    assert (outcome.status, outcome.mistake) == ("raised", "too long")
    assert "0.2 seconds" in outcome.text[0]


def swallows_five_times(values, factor):
    left = 5
    while left:
        try:
            while True:
                pass
        except BaseException:
            left -= 1
    while True:
        pass


def test_a_loop_that_swallows_the_limit_is_struck_again():
    assert check.check(TASK, swallows_five_times, seconds=0.1).mistake == "too long"


def test_the_limit_works_on_another_thread_too():
    found = []
    worker = threading.Thread(target=lambda: found.append(check.check(TASK, loops, seconds=0.2)))
    worker.start()
    worker.join(120)
    assert [outcome.mistake for outcome in found] == ["too long"]


def test_a_limit_that_is_kept_leaves_nothing_behind():
    before = signal.getsignal(signal.SIGALRM)
    assert Limit(60).call(abs, -3) == 3
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    for function in (sleeps, counts_and_swallows):
        with pytest.raises(TooLong):
            Limit(0.05).call(function, None, None)
        assert signal.getsignal(signal.SIGALRM) is before
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def on_main(call):
    return call()


def on_another(call):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


@pytest.mark.parametrize("where", [on_main, on_another])
@pytest.mark.parametrize(
    ("share", "kept"), [(0.06, True), (1, False), (0.01, False)], ids=["busy", "idle", "asleep"]
)
def test_what_is_computed_counts_and_not_the_clock(share, kept, where, monkeypatch):
    looks = 0

    def passed():  # a clock that each look at the limit moves, up to ten limits
        nonlocal looks
        looks += 1
        return min(0.01 * looks, 0.1)

    clock = SimpleNamespace(
        monotonic=passed, process_time=lambda: share * min(0.01 * looks, 0.1), sleep=time.sleep
    )
    monkeypatch.setattr(time_limit, "time", clock)

    def computes():
        while looks < 12:
            pass
        return 3

    with nullcontext() if kept else pytest.raises(TooLong):
        assert where(lambda: Limit(0.01).call(computes)) == 3


def test_a_limit_that_is_over_at_once_leaves_no_timer_behind(monkeypatch):
    real, before = signal.setitimer, signal.getsignal(signal.SIGALRM)

    def slow(which, seconds, *interval):
        told = real(which, seconds, *interval)
        if seconds:
            time.sleep(0.2)  # on a busy machine: it strikes here
        return told

    monkeypatch.setattr(signal, "setitimer", slow)
    try:
        with pytest.raises(TooLong):
            Limit(0.01).call(abs, -3)
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        assert signal.getsignal(signal.SIGALRM) is before
    finally:
        real(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_limit_that_is_over_at_once_leaves_no_watchdog_behind(monkeypatch):
    class SlowToStart(threading.Thread):
        def start(self):
            super().start()
            time.sleep(0.2)  # so that it strikes here; should it not, the test is weaker, not red

    left = []

    def hurry():
        with contextlib.suppress(TooLong):
            Limit(0.01).call(abs, -3)
        left.extend(thread for thread in threading.enumerate() if thread.__class__ is SlowToStart)

    worker = threading.Thread(target=hurry, daemon=True)
    monkeypatch.setattr(threading, "Thread", SlowToStart)
    worker.start()
    worker.join(120)
    assert not worker.is_alive()
    assert not left


def test_a_timer_that_was_running_runs_on():
    struck = []
    handler = signal.signal(signal.SIGALRM, lambda *_: struck.append(True))
    signal.setitimer(signal.ITIMER_REAL, 3_600, 60)
    try:
        with pytest.raises(TooLong):
            Limit(0.05).call(sleeps, None, None)
        left, interval = signal.getitimer(signal.ITIMER_REAL)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
    assert 3_000 < left <= 3_601
    assert interval == 60
    assert not struck


def test_the_limit_is_for_the_check_and_not_for_each_probe():
    def slow(values, factor):
        time.sleep(0.3)
        return values * factor

    assert check.check(TASK, slow, seconds=0.5).mistake == "too long"


def test_probes_survive_a_function_that_changes_its_arguments():
    def spoils(values, factor):
        values *= factor
        return values

    before = [probe[0].copy() for probe in TASK.probes.inputs]
    outcome = check.check(TASK, spoils)
    assert (outcome.status, outcome.mistake) == ("wrong", "argument changed")
    assert "values is changed" in outcome.text[0]
    np.testing.assert_array_equal(before, [probe[0] for probe in TASK.probes.inputs])


def spoiled(change):
    """Return a right answer that does something else, too."""

    def function(values, factor):
        change()
        return values * factor

    return function


@pytest.mark.parametrize(
    ("change", "now", "named"),
    [
        (lambda: torch.set_grad_enabled(False), torch.is_grad_enabled, True),
        (lambda: torch.set_default_dtype(torch.float64), torch.get_default_dtype, True),
        (lambda: torch.set_default_device("meta"), torch.get_default_device, True),
        (lambda: torch.set_printoptions(precision=1), lambda: f"{torch.ones(1) / 3}", False),
        (lambda: np.set_printoptions(precision=1), lambda: f"{np.ones(1) / 3}", False),
        (lambda: np.seterr(all="raise"), np.geterr, False),
        (lambda: warnings.simplefilter("error"), lambda: list(warnings.filters), False),
        (lambda: os.chdir("/"), os.getcwd, False),
        (lambda: setattr(sys, "stdout", None), lambda: sys.stdout, False),
    ],
)
def test_settings_of_the_whole_program_are_put_back(change, now, named):
    before = now()
    outcome = check.check(TASK, spoiled(change))
    assert now() == before
    assert outcome.status == ("wrong" if named else "passes")
    assert (outcome.mistake == "setting changed") == named
    check.check(TASK, lambda values, factor: change() or 1 / 0)
    assert now() == before


def test_a_folder_that_is_gone_stops_no_check(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert check.check(TASK, spoiled(lambda: os.path.exists(tmp_path) and os.rmdir(tmp_path)))


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_output_is_cut_after_a_few_kilobytes(stream, capsys):
    def talks(values, factor):
        print("x" * 50_000_000, file=getattr(sys, stream))
        for _ in range(1_000):
            print("more", file=getattr(sys, stream))
        return values * factor

    assert check.check(TASK, talks).status == "passes"
    said = getattr(capsys.readouterr(), stream[3:])
    assert 4_000 <= len(said) < 5_000
    assert said.count("cut") == 1


def test_sentences_are_cut_after_a_few_kilobytes():
    long = type("L" * 10_000, (Exception,), {})

    def fails(values, factor):
        raise long("x" * 50_000_000)

    outcome = check.check(TASK, fails)
    assert len("".join(outcome.text)) < 10_000
    assert "cut" in outcome.text[0]
    assert len(outcome.mistake) < 200


def endless(*_args, **_kwargs):
    while True:
        pass


class EndlessArray:
    __array__ = endless


class EndlessTensor:
    detach = endless


class EndlessWords(Exception):
    ended_by = None

    def __str__(self):
        try:
            endless()
        except BaseException as error:
            EndlessWords.ended_by = type(error)
            raise


def raises_endless_words(values, factor):
    raise EndlessWords


@pytest.mark.parametrize(
    ("function", "mistake"),
    [
        (lambda values, factor: EndlessArray(), "too long"),
        (lambda values, factor: EndlessTensor(), "too long"),
        (raises_endless_words, "EndlessWords"),
    ],
)
def test_conversions_run_within_the_time_limit(function, mistake, monkeypatch):
    monkeypatch.setattr(check, "SECONDS", 0.2)
    with no_hang("the check"):
        assert check.check(TASK, function, seconds=0.2).mistake == mistake
    if mistake == "EndlessWords":
        assert EndlessWords.ended_by is TooLong


@pytest.mark.parametrize(
    "function",
    [
        lambda values, factor: torch.nn.functional.mse_loss(torch.arange(3), torch.arange(3)),
        lambda values, factor: torch.arange(3).softmax(0),
    ],
)
def test_a_dtype_that_pytorch_does_not_know_is_not_called_unattempted(function):
    outcome = check.check(TASK, function)
    assert (outcome.status, outcome.mistake) == ("raised", "NotImplementedError")
    assert "not implemented for 'Long'" in outcome.text[0]
    assert ".float()" in outcome.text[1]


def in_place_variants(task):
    """For each argument a right answer that afterwards changes it, if it can be changed."""
    names = [name for name, _ in check._head(task.reference)]
    for place, name in enumerate(names):

        def variant(*given, place=place):
            answer = task.reference(*given)
            answer = answer.clone() if hasattr(answer, "clone") else copy.deepcopy(answer)
            if place < len(given):
                spoil(given[place])
            return answer

        variant.__signature__ = inspect.signature(task.reference)
        yield name, variant


def spoil(value):
    if isinstance(value, list) and value and isinstance(value[0], torch.Tensor):
        value = value[0]
    if isinstance(value, torch.Tensor):
        value.data.copy_(~value.data if value.dtype == torch.bool else value.data + 1)
    elif isinstance(value, np.ndarray):
        value[...] = ~value if value.dtype == bool else value + 1
    elif isinstance(value, list) and value:
        value[0] = 99.0


def changeable(task, place):
    kinds = (torch.Tensor, np.ndarray, list)
    return any(isinstance(p[place], kinds) for p in task.probes.inputs if place < len(p))


@pytest.mark.parametrize(
    "name", [n for n in sorted(check.LOADERS) if not isinstance(check.find(n), Stage)]
)
def test_an_argument_that_is_changed_in_place_is_named_in_every_exercise(name):
    task = check.find(name)
    own = [check._answer(task, task.reference, probe) for probe in task.probes.inputs]
    meant = {place for answer in own for place, _ in answer.changed}
    assert check.check(task, task.reference).status == "passes"
    for place, (argument, variant) in enumerate(in_place_variants(task)):
        if changeable(task, place) and place not in meant:
            outcome = check.check(task, variant)
            assert (outcome.status, outcome.mistake) == ("wrong", "argument changed"), argument
            assert f"{argument} is changed" in outcome.text[0]


def test_a_gradient_that_is_switched_off_is_a_change():
    task = check.find("soft_update_")

    def freezes(target_params, online_params, tau):
        task.reference(target_params, online_params, tau)
        for param in online_params:
            param.requires_grad_(not param.requires_grad)

    outcome = check.check(task, freezes)
    assert outcome.mistake == "argument changed"
    assert "online_params is changed" in outcome.text[0]


@pytest.mark.parametrize(
    ("more", "cut", "name"), [(1, np.floor, "one row too many"), (0, np.round, "rounded")]
)
def test_one_row_too_many_is_not_called_rounding(more, cut, name):
    def drawn(buffer, added, draws):
        rows = cut(draws * (min(added, len(buffer[0])) + more)).astype(int)
        return [torch.from_numpy(column[rows]) for column in buffer]

    assert check.check(check.find("minibatch"), drawn).mistake == name


def test_the_decorator_returns_what_the_notebook_goes_on_with(shown):
    def answer(values, factor):
        return values * factor

    answer.__name__ = "doubled"
    assert check.exercise(answer) is answer
    assert "✓ doubled: passes" in repr(shown[-1])

    def wrong(values, factor):
        return values + factor

    wrong.__name__ = "doubled"
    assert check.exercise(wrong) is doubled
    assert "It is a product." in repr(shown[-1])
    assert 'hint("doubled")' in repr(shown[-1])
    entry = progress.load()["exercises"]["doubled"]
    assert entry["status"] == "passes"  # what was solved stays solved
    assert entry["attempts"] == 2
    assert entry["mistakes"] == {"plus": 1}


def test_an_unknown_name_is_said_and_blocks_nothing(shown):
    def not_an_exercise():
        return 1

    assert check.exercise(not_an_exercise) is not_an_exercise
    assert "no exercise 'not_an_exercise'" in repr(shown[-1])
    with pytest.raises(KeyError, match=r"no exercise 'x'.*doubled"):
        check.find("x")


@pytest.mark.parametrize("thing", [3, None, functools.partial(max), type("doubled", (), {})])
def test_what_is_no_function_is_said_and_blocks_nothing(thing, shown):
    assert check.exercise(thing) in (thing, doubled)
    assert "no exercise" in repr(shown[-1]) or "no function" in repr(shown[-1])


def test_a_decorated_function_is_checked_like_any_other(shown):
    @functools.wraps(doubled)
    def answer(*arguments):
        return doubled(*arguments)

    assert check.exercise(answer) is answer
    assert "passes" in repr(shown[-1])
    unfinished = functools.cache(unfinished_constant)
    assert check.check(TASK, unfinished).status == "not attempted"


@pytest.mark.parametrize(
    "function",
    [lambda a, b: a * b, lambda *both: both[0] * both[1], lambda values, factor=2: values * factor],
)
def test_right_numbers_that_the_notebook_could_not_call_do_not_pass(function):
    outcome = check.check(TASK, function)
    assert (outcome.status, outcome.mistake) == ("wrong", "signature")
    assert outcome.code == "def doubled(values, factor):"


def test_a_hint_for_a_name_that_does_not_exist_is_a_card(shown):
    check.hint("dubbled")
    check.solution("dubbled")
    assert ["no exercise 'dubbled'" in repr(card) for card in shown] == [True, True]


def test_hints_come_in_stages_and_then_the_solution(shown):
    for expected in ("where", "which", "line"):
        check.hint("doubled")
        assert expected in repr(shown[-1])
    check.hint("doubled")
    assert 'solution("doubled")' in repr(shown[-1])
    check.solution("doubled")
    assert "return factor * np.asarray(values)" in repr(shown[-1])
    assert progress.load()["exercises"]["doubled"]["hints"] == 3


def test_a_name_is_given_once():
    with pytest.raises(ValueError, match="'bias_td_target' exists already"):
        check.register("bias_td_target", lambda: TASK)


@given(st.text(), st.text(), st.text(), st.text())
def test_a_card_escapes_what_it_is_given(title, text, code, detail):
    card = Feedback(title, "wrong", (text,), code, {detail: text})
    html = card._repr_html_()
    for tag in ("<script", "<img", "<b>"):
        assert tag not in html
    assert repr(card).startswith("✗")


def test_markup_in_an_answer_is_shown_as_text():
    def hostile(values, factor):
        raise ValueError("<script>alert(1)</script>")

    outcome = check.check(TASK, hostile)
    html = Feedback("x", outcome.status, outcome.text, outcome.code)._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


VALUES = st.one_of(
    st.none(), st.integers(), st.floats(), st.text(max_size=3), st.booleans(),
    st.lists(st.floats(), max_size=4), st.just(...), st.complex_numbers(), st.binary(max_size=2),
)  # fmt: skip


@given(VALUES)
def test_any_value_gets_one_of_the_four_outcomes(value):
    outcome = check.check(TASK, lambda values, factor: value)
    assert outcome.status in {"not attempted", "passes", "wrong", "raised"}
    assert all(isinstance(line, str) for line in outcome.text)
    Feedback("x", outcome.status, outcome.text, outcome.code)._repr_html_()


@given(st.lists(VALUES, min_size=2, max_size=4))
def test_so_does_any_mixture_of_values(values):
    answers = itertools.cycle(values)
    outcome = check.check(TASK, lambda values, factor: next(answers))
    assert outcome.status in {"not attempted", "passes", "wrong", "raised"}


def test_a_wrong_shape_first_and_nothing_later_is_no_traceback():
    answers = iter([[1.0, 2.0], None, None])
    outcome = check.check(TASK, lambda values, factor: next(answers))
    assert (outcome.status, outcome.mistake) == ("wrong", "shape")


def test_a_class_is_found_by_its_name_and_falls_back_to_the_courses_own(shown):
    class QNetwork(nn.Module):
        def __init__(self, obs_size, actions):
            super().__init__()

        def forward(self, obs): ...

    assert check.exercise(QNetwork) is plain_dqn.QNetwork
    assert "not attempted" in repr(shown[-1])


def test_a_loop_that_is_not_written_yet_calls_what_the_student_has(monkeypatch):
    def update(batch, online, target, optimizer, gamma):
        calls.append(gamma)

    calls, space = [], {"update": update, "QNetwork": 5}
    exec("def train(env_id, *, steps, gamma, seed, on_eval=None): ...", space)
    train = check.find("train").fallback(space["train"])
    assert check.find("train").fallback(len).__globals__["QNetwork"] is plain_dqn.QNetwork
    space["QNetwork"] = plain_dqn.QNetwork
    train = check.find("train").fallback(space["train"])
    train("CartPole-v1", steps=420, gamma=0.3, seed=0)
    assert calls == [0.3] * 11
    assert plain_dqn.train.__globals__["update"] is plain_dqn.update


def test_a_stage_has_a_time_limit_of_its_own():
    class ReplayBuffer(stages.Deque):
        def __len__(self):
            while True:
                pass

    task = check.find("ReplayBuffer")
    short = replace(task, probes=replace(task.probes, seconds=0.2))
    outcome = check.check(short, ReplayBuffer)
    assert (outcome.status, outcome.mistake) == ("raised", "too long")


def test_a_stage_that_changes_a_setting_is_told():
    class QNetwork(stages.Tanh):
        def forward(self, x):
            torch.set_default_dtype(torch.float64)
            return super().forward(x)

    assert check.check(check.find("QNetwork"), QNetwork).status in ("wrong", "raised")
    assert torch.get_default_dtype() == torch.float32
