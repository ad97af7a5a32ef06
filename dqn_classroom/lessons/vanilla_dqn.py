"""The exercises of lesson 2, on Q-learning with a network."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from dqn_classroom.exercises.check import Exercise, Misconception, with_gradient
from dqn_classroom.exercises.questions import Question
from dqn_lessons.td import epsilon_greedy, linear_schedule, q_of_action, td_target


def _listed(lines: list[str], single: bool) -> str:
    return lines[0] if single else f"[{', '.join(lines)}]"


def _action_lines(q: Any, epsilon: float, uniform: Any, random_action: Any) -> str:
    rows = zip(
        np.reshape(q, (-1, np.shape(q)[-1])),
        np.ravel(uniform),
        np.ravel(random_action),
        strict=True,
    )
    lines = [f"{pick} if {coin:g} < {epsilon:g} else {row.argmax()}" for row, coin, pick in rows]
    return _listed(lines, np.ndim(uniform) == 0)


EPSILON_GREEDY = Exercise(
    epsilon_greedy,
    probes=[
        (
            np.array([[1, 5, 2], [4, 3, 9], [-1, -2, -3], [0, 7, 1], [6, 2, 8.0]]),
            0.3,
            np.array([0.1, 0.65, 0.3, 0.29, 0.9]),
            np.array([2, 0, 1, 0, 1]),
        ),
        (np.array([1.0, 5.0, 2.0]), 0.5, np.float64(0.7), np.int64(0)),
        (np.array([4.0, 5.0, 2.0]), 0.7, np.float64(0.7), np.int64(2)),
        (np.array([1.0, 5.0, 2.0]), 0.6, np.float64(0.45), np.int64(2)),
        (np.array([[3, 1, 2], [1, 2, 3.0]]), 0.0, np.array([0.0, 0.4]), np.array([2, 0])),
        (np.array([[3, 1, 2], [1, 2, 3.0]]), 1.0, np.array([0.99, 0.4]), np.array([1, 1])),
    ],
    arithmetic=_action_lines,
    misconceptions=[
        Misconception(
            "coin turned round",
            lambda q, epsilon, uniform, random_action: np.where(
                uniform < epsilon, q.argmax(-1), random_action
            ),
            "The two cases are swapped: uniform < epsilon is when the random action is taken.",
        ),
        Misconception(
            "always greedy",
            lambda q, epsilon, uniform, random_action: q.argmax(-1),
            "It never explores: epsilon and the coin are not used.",
        ),
        Misconception(
            "always random",
            lambda q, epsilon, uniform, random_action: random_action,
            "It always takes the random action: what the network says is not used.",
        ),
        Misconception(
            "worst action",
            lambda q, epsilon, uniform, random_action: np.where(
                uniform < epsilon, random_action, q.argmin(-1)
            ),
            "The greedy action is the one with the largest value; yours has the smallest.",
        ),
        Misconception(
            "value for action",
            lambda q, epsilon, uniform, random_action: np.where(
                uniform < epsilon, random_action, q.max(-1)
            ),
            "You return the best value. What is asked for is the action that has it: argmax.",
        ),
        Misconception(
            "argmax over everything",
            lambda q, epsilon, uniform, random_action: np.where(
                uniform < epsilon, random_action, q.argmax()
            ),
            "argmax() without an axis looks over the whole batch. Each row has its own best "
            "action: argmax(-1).",
        ),
        Misconception(
            "at most epsilon",
            lambda q, epsilon, uniform, random_action: np.where(
                uniform <= epsilon, random_action, q.argmax(-1)
            ),
            "With epsilon 0 a coin of exactly 0 still explores. Use <, not <=.",
        ),
        Misconception(
            "one minus epsilon",
            lambda q, epsilon, uniform, random_action: np.where(
                uniform < 1 - epsilon, random_action, q.argmax(-1)
            ),
            "It explores with probability 1 - epsilon. epsilon is the probability to explore.",
        ),
        Misconception(
            "wrong number compared",
            lambda q, epsilon, uniform, random_action: np.where(
                random_action < epsilon, random_action, q.argmax(-1)
            ),
            "You compare the random action with epsilon. The coin is `uniform`.",
        ),
        Misconception(
            "fair coin",
            lambda q, epsilon, uniform, random_action: np.where(
                uniform < 0.5, random_action, q.argmax(-1)
            ),
            "It explores half of the time, whatever epsilon is.",
        ),
        Misconception(
            "random action is always 0",
            lambda q, epsilon, uniform, random_action: np.where(uniform < epsilon, 0, q.argmax(-1)),
            "When it explores it always takes action 0. The random action is given to you.",
        ),
        Misconception(
            "above epsilon",
            lambda q, epsilon, uniform, random_action: np.where(
                uniform > epsilon, random_action, q.argmax(-1)
            ),
            "A coin above epsilon means the greedy action. Explore where it is below: uniform < "
            "epsilon.",
        ),
    ],
    hints=(
        "Two cases: the draw says explore, or it does not. np.where picks between two arrays.",
        "With q = [1, 5, 2] and epsilon 0.5 a coin of 0.7 gives action 1, the greedy one.",
        "return np.where(uniform < epsilon, random_action, q.argmax(-1))",
    ),
    insight="The caller brings the luck: the same coins can be given to two agents.",
    difficulty=1,
    minutes=3,
)

LINEAR_SCHEDULE = Exercise(
    linear_schedule,
    probes=[
        (0, 1.0, 0.05, 100),
        (40, 1.0, 0.05, 100),
        (100, 1.0, 0.05, 100),
        (250, 1.0, 0.05, 100),
        (20, 0.3, 0.1, 80),
        (30, 0.2, 0.8, 40),
    ],
    arithmetic=lambda step, start, end, duration: (
        f"{start:g} + ({end:g} - {start:g}) × min({step} / {duration}, 1)"
    ),
    misconceptions=[
        Misconception(
            "never stops",
            lambda step, start, end, duration: start + (end - start) * step / duration,
            "It walks on past the end: after `duration` steps it must stay at `end`.",
        ),
        Misconception(
            "stays at start",
            lambda step, start, end, duration: start,
            "It never decays: the agent would act at random for ever.",
        ),
        Misconception(
            "at the end at once",
            lambda step, start, end, duration: end,
            "It starts at its end: there is no time to explore.",
        ),
        Misconception(
            "backwards",
            lambda step, start, end, duration: end + (start - end) * min(step / duration, 1),
            "It walks from end to start.",
        ),
        Misconception(
            "exponential",
            lambda step, start, end, duration: start * (end / start) ** min(step / duration, 1),
            "It falls by a factor per step. Linear is a straight line: the same amount per step.",
        ),
        Misconception(
            "towards zero",
            lambda step, start, end, duration: start * (1 - min(step / duration, 1)),
            "It walks to 0, not to `end`.",
        ),
        Misconception(
            "slope of one",
            lambda step, start, end, duration: max(end, start - step / duration),
            "It falls by 1 / duration per step, so `end` comes too early. The way is end - start.",
        ),
        Misconception(
            "whole division",
            lambda step, start, end, duration: start + (end - start) * min(step // duration, 1),
            "// drops the fraction: it jumps from start to end. Use /.",
        ),
        Misconception(
            "one step early",
            lambda step, start, end, duration: (
                start + (end - start) * min((step + 1) / duration, 1)
            ),
            "Steps count from 0: at step 0 nothing has been walked yet.",
        ),
        Misconception(
            "divided by the step",
            lambda step, start, end, duration: start / max(step, 1),
            "You divide by the step. That falls fast and then hardly at all, and ignores `end`.",
        ),
        Misconception(
            "zigzag",
            lambda step, start, end, duration: start + (end - start) * (step % duration) / duration,
            "It starts again after every `duration` steps. It must stay at `end`.",
        ),
        Misconception(
            "max for min",
            lambda step, start, end, duration: start + (end - start) * max(step / duration, 1),
            "max makes the fraction at least 1. It must be at most 1: min.",
        ),
        Misconception(
            "end for the way",
            lambda step, start, end, duration: start + end * min(step / duration, 1),
            "You walk the distance `end`. From start to end it is end - start.",
        ),
        Misconception(
            "start forgotten",
            lambda step, start, end, duration: (end - start) * min(step / duration, 1),
            "That is only how far it has walked. It begins at start: add it.",
        ),
        Misconception(
            "wrong direction",
            lambda step, start, end, duration: start - (end - start) * min(step / duration, 1),
            "It walks away from end: check the sign of the difference.",
        ),
        Misconception(
            "fraction only",
            lambda step, start, end, duration: min(step / duration, 1),
            "That is the part of the way that has been walked. Asked for is the value there.",
        ),
    ],
    hints=(
        "How much of the way has been walked? A fraction from 0 to 1, never more.",
        "From 1.0 to 0.05 in 100 steps: at step 40 it is 1.0 - 0.95 × 0.4 = 0.62.",
        "return start + (end - start) * min(step / duration, 1)",
    ),
    insight="Early the values are noise, so acting by them teaches little. Later it is the point.",
    difficulty=1,
    minutes=2,
)

_Q = torch.tensor(
    [[1.5, 4.0, -2.0], [0.5, 7.0, 3.0], [-1.0, -6.0, -3.0], [9.0, 2.5, 8.0], [6.0, 5.5, 10.0]]
)
# Three learners, rows and actions: S = B = A, so that a wrong axis goes unnoticed by shapes.
_Q_STACKED = torch.tensor(
    [
        [[1.0, 8.0, 3.0], [5.0, 2.0, 7.0], [-4.0, 6.0, 0.5]],
        [[2.5, -3.0, 4.5], [9.5, 5.5, -1.0], [3.5, 1.5, 6.5]],
        [[0.5, 7.5, -2.0], [-5.0, -0.5, -1.5], [8.5, 4.0, 2.0]],
    ]
)


def _taken_lines(q: Tensor, action: Tensor) -> str:
    rows, picks = q.flatten(0, -2).tolist(), action.flatten().tolist()
    lines = [f"{row}[{pick}]" for row, pick in zip(rows, picks, strict=True)]
    return _nested(lines, action)


def _nested(lines: list[str], like: Tensor) -> str:
    """Lay the lines of all rows out in the shape of ``like``, [B] or [S, B]."""
    size = like.shape[-1]
    groups = [f"[{', '.join(lines[i : i + size])}]" for i in range(0, len(lines), size)]
    return groups[0] if like.dim() == 1 else f"[{', '.join(groups)}]"


def _pick(q: Tensor, action: Tensor) -> Tensor:
    return q.gather(-1, action[..., None])[..., 0]


TAKEN_VALUES = Exercise(
    q_of_action,
    probes=[
        (_Q, torch.tensor([1, 2, 2, 1, 0])),
        (_Q, torch.tensor([0, 0, 1, 2, 1])),
        (_Q_STACKED, torch.tensor([[0, 2, 1], [1, 0, 0], [2, 2, 1]])),
        (_Q[:1], torch.tensor([2])),
        (_Q[2:], torch.tensor([1, 1, 1])),
        (_Q_STACKED[:1, :2], torch.tensor([[1, 0]])),
    ],
    observe=with_gradient,
    arithmetic=_taken_lines,
    misconceptions=[
        Misconception(
            "best value",
            lambda q, action: q.amax(-1),
            "You take the largest value. The agent may have taken another action: use `action`.",
        ),
        Misconception(
            "smallest value",
            lambda q, action: q.amin(-1),
            "You take the smallest value of each row. Use `action` to choose.",
        ),
        Misconception(
            "first action",
            lambda q, action: q[..., 0],
            "You always take action 0. Use `action` to choose.",
        ),
        Misconception(
            "last action",
            lambda q, action: q[..., -1],
            "You always take the last action. Use `action` to choose.",
        ),
        Misconception(
            "mean over actions",
            lambda q, action: q.mean(-1),
            "You average over the actions. Only one of them was taken.",
        ),
        Misconception(
            "sum over actions",
            lambda q, action: q.sum(-1),
            "You add up all actions. Multiply by a one-hot of `action` first, or use gather.",
        ),
        Misconception(
            "axis kept",
            lambda q, action: q.gather(-1, action[..., None]),
            "The values are right, with an axis too many: [B, 1]. Take it off with .squeeze(-1).",
        ),
        Misconception(
            "the index itself",
            lambda q, action: action.to(q.dtype),
            "You return the numbers of the actions. Asked for are their values in q.",
        ),
        Misconception(
            "counted from one",
            lambda q, action: _pick(q, (action - 1) % q.shape[-1]),
            "Your actions are shifted by one: they count from 0.",
        ),
        Misconception(
            "first row's action for all",
            lambda q, action: q[..., action.flatten()[0]],
            "You use the first row's action for every row. Each row has its own.",
        ),
        Misconception(
            "the other way round",
            lambda q, action: _pick(q, q.shape[-1] - 1 - action),
            "The actions are counted from the end.",
        ),
        Misconception(
            "best action's index",
            lambda q, action: q.argmax(-1).to(q.dtype),
            "That is the number of the best action. Asked for is the value of the one taken.",
        ),
        Misconception(
            "mean of the products",
            lambda q, action: _pick(q, action) / q.shape[-1],
            "With a one-hot all other products are 0: add them up. A mean divides by the number "
            "of actions.",
        ),
        Misconception(
            "squeezed too much",
            lambda q, action: _pick(q, action).squeeze(),
            "squeeze() takes off every axis of length 1, also a batch of one. Name the axis: "
            ".squeeze(-1).",
        ),
        Misconception(
            "every row with every action",
            lambda q, action: q[..., action],
            "You take all these actions in every row. Each row has one: gather pairs them.",
        ),
        Misconception(
            "rows of one learner",
            lambda q, action: q[torch.arange(len(q)), action],
            "Right for [B, A]. With learners in front, [S, B, A], len(q) counts learners, not "
            "rows. gather along the last axis works for both.",
        ),
        Misconception(
            "gather along axis 1",
            lambda q, action: q.gather(1, action.unsqueeze(1)).squeeze(1),
            "Right for [B, A]. With learners in front, [S, B, A], axis 1 is the batch. Count from "
            "the end: gather(-1, action.unsqueeze(-1)).squeeze(-1).",
        ),
    ],
    hints=(
        "One value per row: the column is given by `action`. gather picks along an axis.",
        "For q [B, A] it is q[range(B), action]. gather needs action with an axis more, [B, 1].",
        "return q.gather(-1, action.unsqueeze(-1)).squeeze(-1)",
    ),
    insight="Only the action that was taken learns: the others get no gradient from this row.",
    difficulty=2,
    minutes=4,
)

_REWARD = torch.tensor([1.0, 0.5, -2.0, 3.0, 1.0])
_ENDS = torch.tensor([False, True, False, True, False])


def _target_lines(reward: Tensor, terminated: Tensor, q_next: Tensor, gamma: float) -> str:
    rows = zip(
        reward.flatten().tolist(),
        terminated.flatten().tolist(),
        q_next.flatten(0, -2).amax(-1).tolist(),
        strict=True,
    )
    lines = [f"{r:g}" if end else f"{r:g} + {gamma:g} × {best:g}" for r, end, best in rows]
    return _nested(lines, reward)


TD_TARGET = Exercise(
    td_target,
    probes=[
        (_REWARD, _ENDS, _Q, 0.9),
        (_REWARD, ~_ENDS, _Q, 0.5),
        (_REWARD, torch.zeros(5, dtype=torch.bool), _Q, 0.75),
        (_REWARD, _ENDS, _Q, 0.0),
        (_REWARD[:2, None], _ENDS[:2, None], _Q[:2, None], 0.9),
        (
            torch.tensor([[1.0, -1.0, 0.25], [2.0, 0.5, 4.0], [-3.0, 0.0, 1.5]]),
            torch.tensor([[False, True, False], [False, False, True], [True, False, False]]),
            _Q_STACKED,
            0.9,
        ),
    ],
    arithmetic=_target_lines,
    misconceptions=[
        Misconception(
            "no terminal mask",
            lambda reward, terminated, q_next, gamma: reward + gamma * q_next.amax(-1),
            "After a terminated step nothing follows: its target is the reward alone. "
            "`terminated` is not used.",
        ),
        Misconception(
            "mask turned round",
            lambda reward, terminated, q_next, gamma: reward + gamma * q_next.amax(-1) * terminated,
            "The mask is turned round: the future counts where the episode did not end.",
        ),
        Misconception(
            "mask on the reward too",
            lambda reward, terminated, q_next, gamma: (
                (reward + gamma * q_next.amax(-1)) * ~terminated
            ),
            "The last reward is lost: only the future is cut off, the reward was paid.",
        ),
        Misconception(
            "no discount",
            lambda reward, terminated, q_next, gamma: reward + q_next.amax(-1) * ~terminated,
            "gamma is missing: what comes one step later counts gamma times as much.",
        ),
        Misconception(
            "reward discounted",
            lambda reward, terminated, q_next, gamma: (
                gamma * (reward + q_next.amax(-1) * ~terminated)
            ),
            "gamma is on the reward too. The reward comes now, only the future is discounted.",
        ),
        Misconception(
            "mean over actions",
            lambda reward, terminated, q_next, gamma: (
                reward + gamma * q_next.mean(-1) * ~terminated
            ),
            "You average over the next actions: that is how acting at random does. Use the max.",
        ),
        Misconception(
            "first next action",
            lambda reward, terminated, q_next, gamma: reward + gamma * q_next[..., 0] * ~terminated,
            "You always use action 0 of the next state. Use the best one.",
        ),
        Misconception(
            "argmax for max",
            lambda reward, terminated, q_next, gamma: (
                reward + gamma * q_next.argmax(-1) * ~terminated
            ),
            "You add the number of the best action. Its value is meant: amax, not argmax.",
        ),
        Misconception(
            "max over the batch",
            lambda reward, terminated, q_next, gamma: reward + gamma * q_next.max() * ~terminated,
            "max() without an axis looks over the whole batch, so every row gets the same future. "
            "Use amax(-1).",
        ),
        Misconception(
            "max over axis 1",
            lambda reward, terminated, q_next, gamma: reward + gamma * q_next.amax(1) * ~terminated,
            "Right for [B, A]. With learners in front, [S, B, A], axis 1 is the batch. amax(-1) "
            "works for both.",
        ),
        Misconception(
            "loop over one learner",
            lambda reward, terminated, q_next, gamma: torch.stack(
                [reward[i] + gamma * q_next[i].max() * ~terminated[i] for i in range(len(reward))]
            ),
            "Right for [B, A]. With learners in front, [S, B, A], your loop takes the max of a "
            "whole batch. Leave the loop out and use amax(-1).",
        ),
        Misconception(
            "[B] against [B, 1]",
            lambda reward, terminated, q_next, gamma: (
                reward + gamma * q_next.amax(-1, keepdim=True) * ~terminated
            ),
            "The best value keeps an axis, [B, 1]. Added to [B] it pairs every row with every "
            "other, and nothing complains. Leave keepdim out.",
        ),
        Misconception(
            "no reward",
            lambda reward, terminated, q_next, gamma: gamma * q_next.amax(-1) * ~terminated,
            "The reward is missing.",
        ),
        Misconception(
            "reward only",
            lambda reward, terminated, q_next, gamma: reward * 1.0,
            "The future is missing: the target stops at the reward, also in mid-episode.",
        ),
        Misconception(
            "minus",
            lambda reward, terminated, q_next, gamma: (
                reward - gamma * q_next.amax(-1) * ~terminated
            ),
            "The sign is wrong: what comes later is added.",
        ),
        Misconception(
            "reward only at the end",
            lambda reward, terminated, q_next, gamma: torch.where(
                terminated, reward, gamma * q_next.amax(-1)
            ),
            "In mid-episode the reward is missing. It is paid at every step.",
        ),
        Misconception(
            "worst next action",
            lambda reward, terminated, q_next, gamma: (
                reward + gamma * q_next.amin(-1) * ~terminated
            ),
            "You take the worst next action. The agent will take the best.",
        ),
    ],
    hints=(
        "As in lesson 1: reward + gamma × what follows. What follows is the best next action, "
        "unless the episode terminated.",
        "Reward 1, gamma 0.9, next values [1.5, 4, -2]: 1 + 0.9 × 4 = 4.6; terminated: 1.",
        "return reward + gamma * q_next.amax(-1) * ~terminated",
    ),
    insight="terminated cuts the future off. truncated must not: the clock is no part of the task.",
    difficulty=2,
    minutes=5,
)

EXERCISES = [EPSILON_GREEDY, LINEAR_SCHEDULE, TAKEN_VALUES, TD_TARGET]

QUIZ = [
    Question(
        "An episode of CartPole is stopped after 500 steps, the pole upright. What is the target "
        "of its last step?",
        {
            "the reward alone": "Then a good state would be taught to be worth 1. The pole still "
            "stood: only the clock ran out.",
            "reward + γ × the best next value": "Truncated is not terminated: the future is real, "
            "we just do not watch it.",
            "nothing, the step is thrown away": "It is a good transition like any other.",
        },
        right="reward + γ × the best next value",
    ),
    Question(
        "γ = 0.99 and every step pays 1. The network says Q = 340. What do you know?",
        {
            "the agent is very good": "No agent is: 1 / (1 - γ) = 100 is the most there can be.",
            "the value is wrong": "The largest true value is 1 / (1 - γ) = 100.",
            "nothing": "You know the ceiling: 1 / (1 - γ).",
        },
        right="the value is wrong",
    ),
    Question(
        "One run of vanilla DQN reaches a return of 487 and another 55. Which should you report?",
        {
            "the best": "It says what luck can do, not what the method does.",
            "the last one": "One run is one draw.",
            "all of them, with an interval": "The spread is the finding.",
        },
        right="all of them, with an interval",
    ),
]
