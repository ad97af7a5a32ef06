"""The lesson in which students write DQN, in JupyterLab: a class, a wrong one, and the figures."""

import pytest

from tests.browser.conftest import on
from tests.browser.test_training_lessons import shows

pytestmark = pytest.mark.browser

BUFFER = """@exercise
class ReplayBuffer:
    def __init__(self, capacity, obs_size):
        self.rows = deque(maxlen=capacity)

    def add(self, obs, action, reward, next_obs, terminated):
        self.rows.append((np.array(obs), action, reward, np.array(next_obs), terminated))

    def __len__(self):
        return len(self.rows)

    def sample(self, batch_size, rng):
        columns = zip(*(self.rows[i] for i in rng.integers(len(self.rows), size=batch_size)))
        kinds = np.float32, np.int64, np.float32, np.float32, bool
        return [np.array(column, kind) for column, kind in zip(columns, kinds)]
"""
WRONG = BUFFER.replace(
    "np.array(obs), action, reward, np.array(next_obs)", "obs, action, reward, next_obs"
)


@on("06_write_it_yourself")
def test_a_class_is_checked_and_used(page):
    for name in ("band", "catch", "acrobot"):
        shows(page, name)
    assert "The caller changed its array after add" in page.rerun("ex-buffer", WRONG).inner_text()
    assert "ReplayBuffer: passes" in page.rerun("ex-buffer", BUFFER).inner_text()
    assert "transitions that can be drawn: 3" in page.rerun("look-buffer").inner_text()
