"""Predictions are kept, quizzes answer, and both work without a mouse."""

import pytest

from dqn_classroom import predict, progress, quiz, recall
from dqn_classroom.exercises.questions import Question, Quiz
from dqn_classroom.lessons import LESSONS

OPTIONS = ["five", "six", "<seven>"]


def test_a_prediction_is_kept_and_restored():
    card = predict("p", "How many?", OPTIONS).answer(2)
    assert "Your prediction: six" in repr(card)
    assert progress.load()["predictions"] == {"p": 1}
    again = predict("p", "How many?", OPTIONS)
    assert again._buttons.value == "six"
    assert "six" in again._reply.value


def test_a_prediction_is_not_judged():
    card = predict("p", "How many?", OPTIONS).answer(1)
    assert card.status == ""


def test_recall_says_what_was_predicted_and_measured():
    assert "You made no prediction." in repr(recall("p", "six."))
    predict("p", "How many?", OPTIONS).answer(1)
    text = repr(recall("p", "six."))
    assert "You predicted: five." in text
    assert "Measured: six." in text


def test_recall_works_in_a_fresh_kernel():
    progress.update(lambda record: record["predictions"].update({"asked elsewhere": 2}))
    assert "answer 3" in repr(recall("asked elsewhere", "six."))


@pytest.mark.parametrize("kept", [-1, 3, 99])
def test_an_answer_to_an_older_version_of_the_question_is_left_out(kept):
    progress.update(lambda record: record["predictions"].update({"p": kept}))
    assert predict("p", "How many?", OPTIONS)._buttons.index is None


@pytest.mark.parametrize("number", [0, 4, -1])
def test_there_is_no_such_option(number):
    with pytest.raises(ValueError, match=rf"number = {number}.*\[1, 3\]"):
        predict("p", "How many?", OPTIONS).answer(number)


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
    assert "Right so." in Quiz("lesson", questions()).choices[0]._reply.value


def test_without_widgets_the_question_is_text():
    bundle = predict("p", "How many?", OPTIONS)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"].startswith("How many?\n  1. five\n  2. six")
    text = Quiz("q", questions())._repr_mimebundle_()["text/plain"]
    assert "1. One?\n  1. yes\n  2. no\n2. Two?" in text
    assert ".answer(question, option)" in text


def test_markup_in_a_question_is_text():
    asked = predict("p", "<b>How</b>?", OPTIONS)
    assert "<b>" not in asked.children[0].value
    asked.answer(3)
    assert "<seven>" not in asked._reply.value


def test_the_right_answer_is_among_the_options():
    with pytest.raises(ValueError, match="right = 'c'"):
        Question("One?", {"a": "", "b": ""}, right="c")


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_lesson_has_three_questions_and_every_answer_its_sentence(lesson):
    asked = LESSONS[lesson].QUIZ
    assert len(asked) == 3
    for question in asked:
        assert len(set(question.options.values())) == len(question.options) >= 2
        assert all(reply.endswith(".") for reply in question.options.values())
    assert [choice.prompt[3:] for choice in quiz(lesson).choices] == [q.prompt for q in asked]


def test_there_is_no_such_lesson():
    with pytest.raises(KeyError, match="no lesson '99'"):
        quiz("99")
