"""Four outcomes, no traceback, no hang: whatever a student writes."""

import contextlib
import functools
import itertools
import re
import signal
import threading
import time

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dqn_classroom import progress
from dqn_classroom.exercises import check
from dqn_classroom.exercises.time_limit import TooLong, call_within
from dqn_classroom.feedback import Feedback


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
    assert outcome.mistake == ""


def test_an_unknown_mistake_is_worked_out():
    outcome = check.check(TASK, lambda values, factor: values * 2)
    assert "factor = 3" in outcome.code
    assert "expected  [ 1.5 12.   3. ] = 3 × [0.5 4.  1. ]" in outcome.code
    assert "yours     [1. 8. 2.]" in outcome.code


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
    assert call_within(60, abs, -3) == 3
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    for function in (sleeps, counts_and_swallows):
        with pytest.raises(TooLong):
            call_within(0.05, function, None, None)
        assert signal.getsignal(signal.SIGALRM) is before
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_limit_that_is_over_at_once_leaves_no_watchdog_behind(monkeypatch):
    class SlowToStart(threading.Thread):
        def start(self):
            super().start()
            time.sleep(0.2)  # so that it strikes here; should it not, the test is weaker, not red

    left = []

    def hurry():
        with contextlib.suppress(TooLong):
            call_within(0.01, abs, -3)
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
            call_within(0.05, sleeps, None, None)
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
    assert check.check(TASK, spoils).status == "passes"
    np.testing.assert_array_equal(before, [probe[0] for probe in TASK.probes.inputs])


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
