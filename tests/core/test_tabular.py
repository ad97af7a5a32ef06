"""Tables: values by hand, by `exact_q`, by linear algebra; and what must hold for every MDP."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dqn_lessons import tabular
from dqn_lessons.envs import TABULAR_MDPS, exact_q

GAMMA = 0.9
SURE = np.eye(2)


def corridor(name="Corridor-v0"):
    return tabular.outcomes_of(TABULAR_MDPS[name][0](), SURE)


@st.composite
def mdps(draw):
    """Any MDP of up to six states, three actions and three outcomes, and a discount."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    shape = n, _, _ = draw(st.tuples(st.integers(1, 6), st.integers(1, 3), st.integers(1, 3)))
    probability = rng.dirichlet(np.ones(shape[2]), size=shape[:2])
    ends = rng.random(shape) < 0.2
    reward, after = rng.normal(0, 3, shape), rng.integers(0, n, shape)
    gamma = draw(st.sampled_from([0.0, 0.5, 0.9]))
    return tabular.Outcomes(probability, reward, after, ends), gamma, rng


def test_a_backup_by_hand():
    """Two outcomes: 3/4 pays 2 and goes on, 1/4 pays −4 and ends: 0.75 (2 + 0.5·10) − 1."""
    q = tabular.bellman_backup(
        np.array([[[0.75, 0.25]]]), np.array([[[2.0, -4.0]]]), np.array([[[0, 0]]]),
        np.array([[[False, True]]]), np.array([10.0]), 0.5,
    )  # fmt: skip
    assert q.tolist() == [[4.25]]


@pytest.mark.parametrize("gamma", [0.5, 0.9, 0.99])
def test_k_sweeps_make_exactly_k_cells_of_the_corridor_right(gamma):
    sweeps = tabular.value_iteration(corridor(), gamma)
    truth = exact_q("dqn_lessons/Corridor-v0", gamma)[1].max(axis=1)
    right = np.abs(sweeps[:, :19] - truth) < 1e-12
    assert right.sum(axis=1).tolist() == [*range(20), 19]
    assert all(row[19 - k :].all() for k, row in enumerate(right) if k < 20), "from the goal on"


@pytest.mark.parametrize("name", ["Catch-v0", "Corridor-v0", "Choices-v0", "TwoEnds-v0"])
def test_value_iteration_finds_what_policy_iteration_finds(name):
    mdp = TABULAR_MDPS[name][0]()
    actions = mdp.reward.shape[1]
    outcomes = tabular.outcomes_of(mdp, np.eye(actions))
    obs, q = exact_q(f"dqn_lessons/{name}", GAMMA)
    mine = tabular.bellman_backup(*outcomes, tabular.value_iteration(outcomes, GAMMA)[-1], GAMMA)
    rows = [np.flatnonzero((mdp.obs == row).all(axis=1))[0] for row in obs]
    np.testing.assert_allclose(mine[rows], q, atol=1e-7)


@given(mdps())
def test_a_sweep_contracts(made):
    outcomes, gamma, rng = made
    one, other = rng.normal(0, 9, (2, len(outcomes.reward)))
    after = [tabular.bellman_backup(*outcomes, v, gamma).max(axis=1) for v in (one, other)]
    assert np.abs(after[0] - after[1]).max() <= gamma * np.abs(one - other).max() + 1e-12


@given(mdps())
def test_the_values_of_a_policy_solve_its_equation_and_no_policy_beats_the_best(made):
    outcomes, gamma, rng = made
    policy = rng.dirichlet(np.ones(outcomes.reward.shape[1]), size=len(outcomes.reward))
    q = tabular.policy_values(outcomes, policy, gamma)
    again = tabular.bellman_backup(*outcomes, (policy * q).sum(axis=1), gamma)
    np.testing.assert_allclose(q, again, atol=1e-9)
    best = tabular.value_iteration(outcomes, gamma)[-1]
    assert (tabular.bellman_backup(*outcomes, best, gamma) >= q - 1e-7).all()


@given(mdps())
def test_the_greedy_policy_of_a_policys_values_is_no_worse(made):
    outcomes, gamma, rng = made
    policy = rng.dirichlet(np.ones(outcomes.reward.shape[1]), size=len(outcomes.reward))
    q = tabular.policy_values(outcomes, policy, gamma)
    better = tabular.policy_values(outcomes, tabular.greedy_policy(q), gamma)
    assert (better >= q - 1e-9).all()


def test_ties_are_shared():
    q = np.array([[1.0, 3, 3, 0], [0, 0, 0, 0], [-1, -2, -3, -4]])
    expected = [[0, 0.5, 0.5, 0], [0.25] * 4, [1, 0, 0, 0]]
    assert tabular.greedy_policy(q).tolist() == expected
    assert tabular.greedy_policy(np.stack([q, q])).shape == (2, 3, 4)


def test_updates_by_hand():
    """Three agents: on, an end, and a step size of 0.5: 1 + 0.9·4 = 4.6, half of it is 2.3."""
    q = np.zeros((3, 2, 2))
    q[:, 1] = [2, 4]
    step = [np.array(one) for one in ([0, 0, 1], [1, 0, 0], [1.0, -1, 3], [1, 1, 0])]
    ends, next_action = np.array([False, True, False]), np.array([0, 1, 1])
    sarsa = q.copy()
    tabular.q_learning_update(q, *step, ends, 0.5, 0.9)
    assert np.allclose(q, [[[0, 2.3], [2, 4]], [[-0.5, 0], [2, 4]], [[0, 0], [2.5, 4]]])
    tabular.sarsa_update(sarsa, *step, next_action, ends, 0.5, 0.9)
    assert np.allclose(sarsa, [[[0, 1.4], [2, 4]], [[-0.5, 0], [2, 4]], [[0, 0], [2.5, 4]]])


def test_the_cliff_by_hand():
    up, right, down, left = (tuple(part[..., a] for part in tabular.cliff()[1:]) for a in range(4))
    assert (up[0][36, 0], up[1][36, 0]) == (-1, 24)
    assert (right[0][36, 0], right[1][36, 0], right[2][36, 0]) == (-100, 36, False)
    assert (down[0][30, 0], down[1][30, 0]) == (-100, 36)
    assert (down[1][35, 0], down[2][35, 0]) == (47, True)
    assert (left[1][36, 0], left[1][0, 0], right[1][11, 0], up[1][5, 0]) == (36, 0, 11, 5)


def test_slips_go_to_either_side():
    probability = tabular.cliff(0.2).probability
    assert np.allclose(probability[0, 0], [0.8, 0.1, 0, 0.1])  # up: right or left, never down
    assert np.allclose(probability.sum(axis=-1), 1)
    with pytest.raises(ValueError, match=r"slip = 1.5"):
        tabular.cliff(1.5)


def test_the_best_way_along_the_cliff_is_thirteen_steps_and_slips_cost():
    def best(slip, gamma=1.0):
        return tabular.value_iteration(tabular.cliff(slip), gamma)[-1][36]

    assert best(0) == -13
    assert best(0.1) < best(0.01) < -13


def rngs(*seeds):
    return [np.random.default_rng(seed) for seed in seeds]


def tables(update, seeds, steps=2_000, **how):
    q = np.zeros((len(seeds), 5, 2))
    for _ in tabular.learn(
        corridor("ShortCorridor-v0"), 0, rngs(*seeds), steps, 0.3, update, q, **how
    ):
        pass
    return q


def q_learning(q, s, a, r, s2, _, ended):
    tabular.q_learning_update(q, s, a, r, s2, ended, 0.5, GAMMA)


def test_q_learning_finds_the_best_values_without_following_them():
    truth = exact_q("dqn_lessons/ShortCorridor-v0", GAMMA)[1]
    np.testing.assert_allclose(tables(q_learning, range(4))[:, :4], [truth] * 4, atol=1e-6)


def test_sarsa_finds_the_values_of_the_policy_it_follows():
    """With ε = 1 that policy is the uniform random one, whatever the table says."""
    outcomes = corridor("ShortCorridor-v0")
    truth = tabular.policy_values(outcomes, np.full((5, 2), 0.5), GAMMA)[:4]
    q, seen = np.zeros((16, 5, 2)), []
    update = partial(tabular.sarsa_update, alpha=0.1, gamma=GAMMA)
    for _ in tabular.learn(outcomes, 0, rngs(*range(16)), 6_000, 1.0, update, q):
        seen.append(q.mean(axis=0)[:4].copy())
    np.testing.assert_allclose(np.mean(seen[2_000:], axis=0), truth, atol=0.03)


def test_an_agent_learns_the_same_alone_or_beside_others():
    together = tables(q_learning, (3, 4, 5), steps=300, noise=0.5)
    np.testing.assert_array_equal(together[1:2], tables(q_learning, (4,), steps=300, noise=0.5))


def test_acting_greedily_with_a_frozen_table_walks_the_best_way():
    outcomes = tabular.cliff()
    q = tabular.bellman_backup(*outcomes, tabular.value_iteration(outcomes, 1.0)[-1], 1.0)[None]
    play = tabular.learn(outcomes, 36, rngs(0), 26, 0.0, lambda *step: None, q)
    rewards, ends = (np.ravel(part) for part in zip(*play, strict=True))
    assert rewards.tolist() == [-1.0] * 26
    assert np.flatnonzero(ends).tolist() == [12, 25]
