"""Predictions are kept, quizzes answer, and both work without a mouse."""

import pytest

from dqn_classroom import predict, progress, quiz, recall
from dqn_classroom.exercises import questions as asking
from dqn_classroom.exercises.questions import Choice, Question, Quiz
from dqn_classroom.lessons import LESSONS
from tests.notebooks import tools

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
    shown = [one._shown() for one in asked.children]
    assert repr(asked.answer(1, shown[0].index("yes") + 1)) == "✓ yes: right\nRight so."
    assert repr(asked.answer(2, shown[1].index("a") + 1)) == "✗ a: wrong\nNot a."
    assert progress.load()["quizzes"] == {"lesson-1": 0, "lesson-2": 0}
    assert "Right so." in Quiz("lesson", questions()).children[0]._reply.value


SEVERAL = Question(
    "Which hold?", {"a": "A holds.", "b": "B fails.", "c": "C holds too."}, right=["a", "c"]
)
NUMBER = Question(
    "How many?", {"5.26": "Half.", "10": "All of it.", "another": "Count."}, "5.26", within=0.02
)


def test_all_that_are_true_are_asked():
    """By hand: the answer is the sum of 1, 2, 4 for the first, second, third option."""
    asked = Quiz("q", [SEVERAL])
    assert repr(asked.answer(1, 1, 3)) == "✓ a + c: right\nA holds.\nC holds too."
    assert progress.load()["quizzes"] == {"q-1": 5}
    assert repr(asked.answer(1, 2, 3)) == "✗ b + c: wrong\nA holds.\nB fails."
    assert repr(asked.answer(1)) == "✗ none of them: wrong\nA holds.\nC holds too."
    assert len(SEVERAL.answers) == 8
    assert SEVERAL.answers[5] == SEVERAL.answers[SEVERAL.right_answer] == "a + c"
    asked.answer(1, 3)
    again = Quiz("q", [SEVERAL]).children[0]
    assert [box.value for box in again._boxes] == [False, False, True]
    assert "A holds." in again._reply.value
    with pytest.raises(ValueError, match=r"number = 4.*\[1, 3\]"):
        asked.answer(1, 4)


@pytest.mark.parametrize(
    ("given", "title", "said"),
    [
        (5.26, "✓ 5.26: right", "Half."),
        (5.16, "✓ 5.26: right", "Half."),
        (5.15, "✗ another: wrong", "Count."),
        (9.9, "✗ 10: wrong", "All of it."),
        (float("nan"), "✗ another: wrong", "Count."),
    ],
)
def test_a_number_may_be_a_little_off_and_known_ones_are_named(given, title, said):
    """By hand: 2 % of 5.26 are 0.1052, so 5.1548 is the lowest right one."""
    assert repr(Quiz("q", [NUMBER]).answer(1, given)) == f"{title}\n{said}"


def test_a_number_is_typed():
    asked = Quiz("q", [NUMBER]).children[0]
    asked._field.value = "half"
    assert "Write a number" in asked._reply.value
    assert progress.load()["quizzes"] == {}
    asked._field.value = "5,3"
    assert "Half." in asked._reply.value
    assert progress.load()["quizzes"] == {"q-1": 0}


def test_options_are_shuffled_for_a_student_and_not_in_class(monkeypatch):
    many = Question("Which?", {name: f"{name}." for name in "abcdefgh"}, right="c")
    monkeypatch.setenv("DQN_LESSONS_PROFILE", "class")
    in_class = Quiz("q", [many]).children[0]._shown()
    progress.update(lambda record: record.update(seed=7))
    assert Quiz("q", [many]).children[0]._shown() == in_class
    monkeypatch.setenv("DQN_LESSONS_PROFILE", "full")
    orders = set()
    for seed in range(5):
        progress.update(lambda record, seed=seed: record.update(seed=seed))
        asked = Quiz("q", [many]).children[0]
        shown = asked._shown()
        orders.add("".join(shown))
        assert sorted(shown) == list("abcdefgh")
        assert "right" in repr(asked.answer(shown.index("c") + 1))
        assert progress.load()["quizzes"] == {"q-1": 2}, "kept as it is written, not as shown"
        again = Quiz("q", [many]).children[0]
        assert again._shown() == shown
        assert again._buttons.value == "c"
    assert len(orders) == 5
    monkeypatch.setitem(asking.PREDICTIONS, "p", many)
    assert predict("p")._shown() == list("abcdefgh"), "a prediction keeps its order"


def test_the_seed_of_a_student_is_made_once():
    progress.update(lambda record: record["predictions"].update(p=1))
    seed = progress.own_seed()
    assert progress.own_seed() == seed == progress.load()["seed"]
    assert progress.load()["predictions"] == {"p": 1}
    assert progress.fault(progress.load() | {"seed": -1}) == "its seed is no count"


def test_no_place_and_no_length_gives_the_right_answer_away():
    """As a room sees them."""
    asked = [one for name in LESSONS for one in quiz(name).children if isinstance(one, Choice)]
    places = [one._shown().index(one.question.right) for one in asked]
    assert max(map(places.count, set(places))) <= 0.5 * len(asked)
    longest = [max(one._shown(), key=len) == one.question.right for one in asked]
    assert sum(longest) <= 0.5 * len(asked)


@pytest.mark.parametrize("path", tools.PATHS, ids=lambda path: path.stem)
def test_the_note_names_the_right_answers_as_a_room_sees_them(path):
    (cell,) = [cell for cell in tools.load(path).cells if cell.id == "quiz"]
    lesson = next(lesson for lesson in LESSONS.values() if lesson.file == path.stem)
    right = []
    for one in quiz(lesson.topic).children:
        shown, wanted = (
            one._shown() or list(one.question.options),
            one.question.chosen(one.question.right_answer),
        )
        right.append(
            " and ".join(str(shown.index(name) + 1) for name in wanted)
            if one._shown()
            else wanted[0]
        )
    assert f"Right: {', '.join(right)}." in cell.metadata["lecture"]["say"]


def test_without_widgets_the_question_is_text():
    bundle = predict("p")._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"].startswith("<b>How</b> many?\n  1. five\n  2. six")
    text = Quiz("q", questions())._repr_mimebundle_()["text/plain"]
    first, second = Quiz("q", questions()).children[0]._shown()
    assert f"1. One?\n  1. {first}\n  2. {second}\n2. Two?" in text
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
    assert len(asked) >= 3
    for question in asked:
        assert len(set(question.options.values())) == len(question.options) in (2, 3, 4)
        assert all(reply.endswith(".") for reply in question.options.values())
    assert [choice.prompt[3:] for choice in quiz(lesson).children] == [q.prompt for q in asked]


def test_an_answer_of_the_first_edition_is_still_there():
    progress.update(lambda record: record["quizzes"].update({"lesson 2-1": 1}))
    assert quiz("vanilla_dqn").children[0]._buttons.index == 1
    assert {f"lesson {number}" for number in range(7)} <= {one.key for one in LESSONS.values()}


def test_there_is_no_such_lesson():
    with pytest.raises(KeyError, match="no lesson '99'"):
        quiz("99")
