"""Bugs of the memory, of exploration, of episodes and of their evaluation."""

from __future__ import annotations

from dqn_classroom.clinic.bugs.bug import Bug
from dqn_classroom.clinic.inject import Edit

_TRAIN, _EPSILON = "train.train", "train._epsilon"
_SAMPLE, _STORED = "replay.Replay.sample", "replay.Replay.__len__"

MEMORIES = [
    Bug(
        "the newest is dropped",
        "memory",
        (Edit("replay.write_index", "added % capacity", "min(added, capacity - 1)"),),
        "a DQN in 130 lines: `pop()` where the text says that the oldest leaves",
        "Nothing, until the memory is full. Then it is frozen: the agent learns from its first "
        "steps for ever.",
        "memory",
        "Push capacity + 1 rows and look which one left.",
    ),
    Bug(
        "never full",
        "memory",
        (Edit(_STORED, "min(self.added, self.capacity)", "self.added"),),
        "a counter that is not stopped",
        "Nothing, until the memory is full. Then rows are drawn that do not exist.",
        "memory",
        "Run a test past the capacity.",
    ),
    Bug(
        "full from the start",
        "memory",
        (Edit(_STORED, "min(self.added, self.capacity)", "self.capacity"),),
        "sampling from a preallocated array",
        "Early batches are mostly empty rows: observation 0, reward 0.",
        "memory",
        "Draw from a memory that holds two rows.",
    ),
    Bug(
        "learns before the memory is warm",
        "memory",
        (Edit("td.should_update", "step >= learning_starts", "True"),),
        "a constant that nothing uses",
        "Updates begin as soon as one batch is there. It rarely harms, and makes runs differ from "
        "what their text says.",
        "updates",
        "Count the updates and compare with the sum you can do by hand.",
    ),
    Bug(
        "observation kept by reference",
        "memory",
        (Edit(_TRAIN, "run.replay.add(run.obs,", "run.replay.add(next_obs,"),),
        "environments that reuse their array (deepmind/dm_control#34, openai/baselines#418)",
        "Both observations of a row are the same. Each state seems to lead to itself.",
        "memory",
        "Check rows against the rules of the world.",
    ),
    Bug(
        "rows of the autoreset are stored",
        "memory",
        (
            Edit(
                "train.make_envs",
                "AutoresetMode.DISABLED",
                "AutoresetMode.NEXT_STEP",
            ),
            Edit(_TRAIN, "run.reset_ended(ended)", "pass"),
        ),
        "vector environments since Gymnasium 1.0 (Farama-Foundation/Gymnasium#785, "
        "vwxyzjn/cleanrl#499)",
        "One false row per episode: the action is ignored, and the fallen pole seems to lead to a "
        "fresh start. The returns are a little lower.",
        "memory",
        "After an end the next row must begin afresh, not where the last one ended.",
    ),
    Bug(
        "one learner's rows for all",
        "memory",
        (Edit(_SAMPLE, " + self._row_offset", ""),),
        "many agents in one memory",
        "All learn from the first one's experience. Their curves lie close together.",
        "side by side",
        "A learner among others must be what it is alone.",
        needs_many=True,
    ),
    Bug(
        "one luck for all learners",
        "memory",
        (
            Edit(
                "train.Run.__init__",
                "_rng(s.replay) for s in streams",
                "_rng(streams[0].replay) for s in streams",
            ),
        ),
        "one seed for everything",
        "Each learner draws the same row numbers. No curve shows it.",
        "side by side",
        "Sixteen learners are sixteen measurements only if their luck is their own.",
        needs_many=True,
    ),
]

ACTIONS = [
    Bug(
        "epsilon never decays",
        "exploration",
        (Edit(_EPSILON, "run.step if", "0 if"),),
        "games (shivaverma/Orbit#10, nikitasrivatsan/DeepLearningVideoGames#21)",
        "Training episodes stay random. Greedy evaluation may hide it.",
        "exploration",
        "Print epsilon at the beginning, in the middle and at the end.",
    ),
    Bug(
        "epsilon decays per episode",
        "exploration",
        (Edit(_EPSILON, "run.step if", "run.log.episode_count if"),),
        "a schedule whose unit was not said",
        "It explores far longer than planned: hundreds of episodes count as hundreds of steps.",
        "exploration",
        "A duration has a unit.",
    ),
    Bug(
        "epsilon restarts with each episode",
        "exploration",
        (Edit(_EPSILON, "run.step if", "run.log.lengths if"),),
        "a counter that lives inside the episode",
        "Every episode begins at random again, so training episodes stay short.",
        "exploration",
        "Look at epsilon over several episodes, not within one.",
    ),
    Bug(
        "epsilon jumps to its end",
        "exploration",
        (Edit(_EPSILON, "config.epsilon_duration", "1"),),
        "precedence of operators (Lightning-AI/pytorch-lightning#9620)",
        "Greedy from the second step on, with an untrained network.",
        "exploration",
        "Print epsilon at the beginning, in the middle and at the end.",
    ),
    Bug(
        "the coin is turned round",
        "exploration",
        (Edit("td.epsilon_greedy", "uniform < epsilon", "uniform >= epsilon"),),
        "a slip of the comparison",
        "Greedy at first, random later: training episodes get worse while it learns.",
        "exploration",
        "With epsilon 0.1 about one action in ten is random. Count.",
    ),
]

EPISODES = [
    Bug(
        "no reset after truncation",
        "episodes",
        (Edit(_TRAIN, "if ended.any():", "if terminated.any():"),),
        "a tutorial: `if terminated: reset()`",
        "Nothing, until an agent lives as long as the clock. Then it goes on in a world that has "
        "stopped.",
        "episodes",
        "Both kinds of end reset.",
    ),
    Bug(
        "every episode the same",
        "episodes",
        (
            Edit(
                "train.Run.reset_ended",
                "reset(options",
                "reset(seed=[0] * len(self.seeds), options",
            ),
        ),
        "`env.reset(seed=0)` in the loop (openai/gym#194)",
        "One start instead of many. It learns fast, and for that start only.",
        "episodes",
        "Count the distinct starts.",
    ),
    Bug(
        "evaluated while exploring",
        "evaluation",
        (
            Edit(
                "train.evaluate",
                "q.argmax(-1).flatten().numpy()",
                "np.where(np.random.default_rng(int(playing.sum())).random(playing.size) < 0.1, "
                "0, q.argmax(-1).flatten().numpy())",
            ),
        ),
        "evaluation with the training policy",
        "Scores are lower than the agent deserves, most where one wrong step is fatal.",
        "evaluation",
        "A score needs an environment, luck and a policy of its own.",
    ),
]
