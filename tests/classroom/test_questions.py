"""Predictions are kept, quizzes answer, and both work without a mouse."""

import pytest

from dqn_classroom import predict, progress, quiz, recall
from dqn_classroom.exercises import questions as asking
from dqn_classroom.exercises.questions import Question, Quiz
from dqn_classroom.lessons import LESSONS

OPTIONS = dict.fromkeys(["five", "six", "<seven>"], asking.KEPT)

ASKED = Question("<b>How</b> many?", OPTIONS, measured="{mean:.1f}, from {n} runs.")


@pytest.fixture(autouse=True)
def _a_prediction_to_make(monkeypatch):
    monkeypatch.setitem(asking.PREDICTIONS, "p", ASKED)


def test_a_prediction_is_kept_and_restored():
    card = predict("p").answer(2)
    assert "Your prediction: six" in repr(card)
    assert progress.load()["predictions"] == {"p": 1}
    again = predict("p")
    assert again._buttons.value == "six"
    assert "six" in again._reply.value


def test_a_prediction_is_not_judged():
    card = predict("p").answer(1)
    assert card.status == ""


def test_recall_says_what_was_predicted_and_measured():
    assert "You made no prediction." in repr(recall("p", mean=6.02, n=7))
    predict("p").answer(1)
    text = repr(recall("p", mean=6.02, n=7))
    assert "You predicted: five." in text
    assert "Measured: 6.0, from 7 runs." in text


def test_recall_works_in_a_fresh_kernel_and_for_what_is_answered_no_more():
    progress.update(lambda record: record["predictions"].update({"p": 1}))
    assert "You predicted: six." in repr(recall("p", mean=6, n=7))
    progress.update(lambda record: record["predictions"].update({"p": 3}))
    assert "answer 4" in repr(recall("p", mean=6, n=7))


@pytest.mark.parametrize(("key", "word"), [("q", "01-final-bias"), ("p", "'n'")])
def test_recall_without_its_prediction_or_a_number(key, word):
    with pytest.raises(KeyError, match=word):
        recall(key, mean=6)


def test_there_is_no_such_prediction():
    with pytest.raises(KeyError, match=r"no prediction 'q'.*01-final-bias"):
        predict("q")


@pytest.mark.parametrize("kept", [-1, 3, 99])
def test_an_answer_to_an_older_version_of_the_question_is_left_out(kept):
    progress.update(lambda record: record["predictions"].update({"p": kept}))
    assert predict("p")._buttons.index is None


@pytest.mark.parametrize("number", [0, 4, -1])
def test_there_is_no_such_option(number):
    with pytest.raises(ValueError, match=rf"number = {number}.*\[1, 3\]"):
        predict("p").answer(number)


def questions():
    return [
        Question("One?", {"yes": "Right so.", "no": "It is."}, right="yes"),
        Question("Two?", {"a": "Not a.", "b": "B it is."}, right="b"),
    ]


def test_a_quiz_answers_in_words_and_symbols():
    asked = Quiz("lesson", questions())
    assert repr(asked.answer(1, 1)) == "✓ yes: right\nRight so."
    assert repr(asked.answer(2, 1)) == "✗ a: wrong\nNot a."
    assert progress.load()["quizzes"] == {"lesson-1": 0, "lesson-2": 0}
    assert "Right so." in Quiz("lesson", questions()).children[0]._reply.value


def test_without_widgets_the_question_is_text():
    bundle = predict("p")._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"].startswith("<b>How</b> many?\n  1. five\n  2. six")
    text = Quiz("q", questions())._repr_mimebundle_()["text/plain"]
    assert "1. One?\n  1. yes\n  2. no\n2. Two?" in text
    assert ".answer(question, option)" in text


def test_markup_in_a_question_is_text():
    asked = predict("p")
    assert "<b>" not in asked.children[0].value
    asked.answer(3)
    assert "<seven>" not in asked._reply.value


def test_the_right_answer_is_among_the_options():
    with pytest.raises(ValueError, match="right = 'c'"):
        Question("One?", {"a": "", "b": ""}, right="c")
    with pytest.raises(ValueError, match="right = 'c'"):
        Question("One?", dict.fromkeys("ab", ""), right="c", key="p")


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_lesson_has_three_questions_and_every_answer_its_sentence(lesson):
    asked = LESSONS[lesson].quiz
    assert len(asked) == 3
    for question in asked:
        assert len(set(question.options.values())) == len(question.options) >= 2
        assert all(reply.endswith(".") for reply in question.options.values())
    assert [choice.prompt[3:] for choice in quiz(lesson).children] == [q.prompt for q in asked]


def test_an_answer_of_the_first_edition_is_still_there():
    progress.update(lambda record: record["quizzes"].update({"lesson 2-1": 1}))
    assert quiz("vanilla_dqn").children[0]._buttons.index == 1
    assert {f"lesson {number}" for number in range(7)} <= {one.key for one in LESSONS.values()}


def test_there_is_no_such_lesson():
    with pytest.raises(KeyError, match="no lesson '99'"):
        quiz("99")
