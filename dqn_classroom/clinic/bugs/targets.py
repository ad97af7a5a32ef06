"""Bugs of the TD target."""

from __future__ import annotations

from dqn_classroom.clinic.bugs.bug import Bug
from dqn_classroom.clinic.inject import Edit

_LEARN, _TRAIN, _TARGET = "train.Run.update", "train.train", "td.td_target"

TARGETS = [
    Bug(
        "no terminal mask",
        "target",
        (Edit(_TARGET, " * ~terminated", ""),),
        "reimplementations of papers (navneet-nmk/pytorch-rl#2, cyoon1729/deep-Q-networks#5)",
        "A last step is worth as much as any other, so falling costs nothing. On CartPole returns "
        "stay at the bottom while values climb as usual, and the loss is suspiciously small.",
        "ends",
        "Give the learner a state that ends: its value must be the reward alone. On Catch the "
        "returns stay as they are, and only values beyond the possible give it away.",
    ),
    Bug(
        "terminal mask turned round",
        "target",
        (Edit(_TARGET, "~terminated", "terminated"),),
        "a stored flag that meant the opposite (ghliu/pytorch-ddpg#6)",
        "Only ends look ahead. Every other step is worth its reward, so values stay at 1 on "
        "CartPole.",
        "one state",
        "A name such as `mask` or `done` does not say which way round it is. `terminated` does.",
    ),
    Bug(
        "the last reward is masked too",
        "target",
        (
            Edit(_TARGET, "reward + gamma", "(reward + gamma"),
            Edit(_TARGET, "amax(-1) *", "amax(-1)) *"),
        ),
        "a pair of brackets too many",
        "On CartPole it hardly shows, all rewards are alike. Where the reward comes at the end, "
        "nothing is learned.",
        "ends",
        "The mask belongs to the future, not to the reward.",
    ),
    Bug(
        "no discount",
        "target",
        (Edit(_TARGET, "gamma * q_next", "q_next"),),
        "a constant that was left out",
        "With a target network it shows late: values grow by one reward per copy, without a "
        "ceiling.",
        "one state",
        "A number that is only 1 % away from 1 needs a test with an exact expectation.",
    ),
    Bug(
        "epsilon for gamma",
        "target",
        (Edit(_LEARN, "config.gamma", "config.epsilon_end"),),
        "a DQN in 130 lines: two numbers swapped in a call",
        "The agent looks one step ahead at most. Values stay near the reward.",
        "one state",
        "Pass numbers by name.",
    ),
    Bug(
        "mean over actions for the max",
        "target",
        (Edit(_TARGET, "amax(-1)", "mean(-1)"),),
        "a slip of the reduction",
        "It learns what a random player is worth. Values stay low, and the policy may still be "
        "good: it is one step better than random.",
        "small worlds",
        "Compare with values that are known exactly; a return alone can look fine.",
    ),
    Bug(
        "max over the batch",
        "target",
        (Edit(_TARGET, "amax(-1)", "amax((-2, -1)).unsqueeze(-1)"),),
        "a missing axis (sherjilozair/dqn#4, simoninithomas/Deep_reinforcement_learning_Course#68)",
        "All rows of a batch get the same future, the best of all. Values are too high and all "
        "alike.",
        "small worlds",
        "A batch of one hides it. Test with rows that differ.",
    ),
    Bug(
        "the next action is an old one",
        "target",
        (
            Edit(
                "replay.Replay.__init__",
                "self.added = 0",
                "self.added, self.next_action = 0, np.zeros((learners, capacity), np.int64)",
            ),
            Edit(
                _TRAIN,
                "run.replay.add(run.obs,",
                "run.replay.next_action[:, run.replay.added % run.replay.capacity] = "
                "run.online.values(next_obs).argmax(-1); run.replay.add(run.obs,",
            ),
            Edit(
                "replay.Replay.sample",
                "batch = self.rows",
                "self.drawn = self.next_action.reshape(-1).take(index); batch = self.rows",
            ),
            Edit(
                _LEARN,
                "q_next = self.target(batch.next_obs)",
                "q_next = self.target(batch.next_obs)"
                ".gather(-1, torch.from_numpy(self.replay.drawn)[..., None])",
            ),
        ),
        "a DQN in 130 lines: the next action is chosen when the row is stored, and kept",
        "The target follows what an earlier network would have done. Early random choices stay "
        "in it for as long as the memory lasts.",
        "small worlds",
        "Off-policy learning asks what would be best now. That is the max.",
    ),
    Bug(
        "truncation is an end",
        "target",
        (Edit(_TRAIN, "next_obs, terminated)", "next_obs, ended)"),),
        "tutorials and libraries (Curt-Park/rainbow-is-all-you-need#70, "
        "DLR-RM/stable-baselines3#284, vwxyzjn/cleanrl#198)",
        "Nothing, until agents live as long as the clock. Then their last states are worth too "
        "little.",
        "ends",
        "`done = terminated or truncated` is right for the reset and wrong for the target.",
    ),
]
