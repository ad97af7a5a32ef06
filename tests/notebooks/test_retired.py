"""Sentences of earlier editions that measurements refuted: none of them comes back."""

import re

import pytest

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
)


@pytest.mark.parametrize("sentence", RETIRED)
def test_what_was_refuted_is_not_said_again(sentence):
    assert not [text for text in texts() if re.search(sentence, text, re.IGNORECASE)]
