"""Sentences of earlier editions that measurements refuted: none comes back unlimited."""

import re

import pytest

from dqn_classroom.lessons import LESSONS
from tests.notebooks import tools
from tests.notebooks.test_words import texts

RETIRED = (
    r"other action learns nothing",
    r"only the action that was taken learns",
    r"luck cancels|what is shared cancels",
    r"does not matter (?:who|which policy) collected",
    r"who collected the step does not matter",
    r"about as much (?:news|information) as two",
    r"nothing works without (?:it|one)",
    r"all actions look endlessly good",
    r"what they share cancels",
    r"\*?harms\*? on CartPole, \*?helps\*? on Acrobot",
    r"four rows well left",
    r"what is a return then worth\?",
    r"a return is a sum",
    r"the reason to use one lies elsewhere",
    r"states share weights, and without lag learning can feed on itself",
    r"the values chase themselves",
    r"the trade-off of every DQN",
    r"learns at the same rate as a hard one",
    r"are both right: the first when periods are short",
    r"bugs (?:of|from) published code",
    r"Since Gymnasium 1\.0, a vector",
    r"Which line matters\?",
)


@pytest.mark.parametrize("sentence", RETIRED)
def test_what_was_refuted_is_not_said_again(sentence):
    assert not [text for text in texts() if re.search(sentence, text, re.IGNORECASE)]


# Where a sentence was true but said too much: what limits it stands in the lesson.
LIMITS = {
    "the percentile bootstrap is too narrow": "evidence",
    "a narrower interval they do not promise": "evidence",
    "of width 0: it cannot know what no seed has shown": "solve_cartpole",
    "both right, approximately and for": "target_lag",
    "the **max** of two picks the higher one": "target_lag",
    "budget, loss, step size and bound differ": "target_network",
    "about 20 different ones": "replay",
    "*which rows* there are still matters": "replay",
    "13 from named threads about published code, 22 of their kind": "bug_clinic",
    "its three modes (`autoresetmode`)": "bug_clinic",
}


@pytest.mark.parametrize("sentence", LIMITS)
def test_what_limits_a_claim_is_said(sentence):
    path = tools.NOTEBOOKS / f"{LESSONS[LIMITS[sentence]].file}.ipynb"
    prose = [cell.source for cell in tools.load(path).cells if cell.cell_type == "markdown"]
    assert sentence in "\n".join(prose).lower()
