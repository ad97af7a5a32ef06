"""The warm-up of the first notebook."""

from dqn_classroom.exercises.check import Exercise, Misconception
from dqn_classroom.exercises.questions import Question
from dqn_lessons.target_lag import discounted_return

EXERCISES = [
    Exercise(
        discounted_return,
        probes=[
            ([3.0, -1.0, 2.0, 5.0], 0.5),
            ([1.0, 2.0, 4.0], 0.9),
            ([7.0], 0.9),
            ([2.0, 3.0], 0.0),
            ([2.0, 3.0, -4.0], 1.0),
        ],
        arithmetic=lambda rewards, gamma: " + ".join(
            f"{gamma:g}^{i} × {reward:g}" for i, reward in enumerate(rewards)
        ),
        misconceptions=[
            Misconception(
                "no discount",
                lambda rewards, gamma: sum(rewards),
                "You add the rewards without discounting them: gamma is not used.",
            ),
            Misconception(
                "first reward discounted",
                lambda rewards, gamma: sum(gamma ** (i + 1) * r for i, r in enumerate(rewards)),
                "The first reward comes now: it counts gamma**0 = 1 times. Yours counts gamma.",
            ),
            Misconception(
                "gamma times i",
                lambda rewards, gamma: sum(gamma * i * r for i, r in enumerate(rewards)),
                "You multiply gamma by i. It is a power: gamma**i.",
            ),
            Misconception(
                "one discount for all",
                lambda rewards, gamma: gamma * sum(rewards),
                "You discount every reward by the same gamma. Later rewards count less: gamma**i.",
            ),
            Misconception(
                "from the end",
                lambda rewards, gamma: sum(
                    gamma**i * r for i, r in enumerate(reversed(list(rewards)))
                ),
                "You discount from the end. The last reward is the furthest away, not the nearest.",
            ),
            Misconception(
                "average",
                lambda rewards, gamma: (
                    sum(gamma**i * r for i, r in enumerate(rewards)) / len(rewards)
                ),
                "You divide by the number of rewards. A return is a sum, not an average.",
            ),
            Misconception(
                "last reward only",
                lambda rewards, gamma: gamma ** (len(rewards) - 1) * list(rewards)[-1],
                "Only the last reward is left. Add up inside the loop, return after it.",
            ),
            Misconception(
                "returns in the loop",
                lambda rewards, gamma: next(iter(rewards)),
                "Only the first reward is counted. Is the return inside the loop?",
            ),
            Misconception(
                "added to the discount",
                lambda rewards, gamma: sum(gamma**i + r for i, r in enumerate(rewards)),
                "You add gamma**i to each reward. Multiply: the reward counts gamma**i times.",
            ),
            Misconception(
                "power turned round",
                lambda rewards, gamma: sum(i**gamma * r for i, r in enumerate(rewards)),
                "You raise i to the power gamma. It is gamma that is raised: gamma**i.",
            ),
            Misconception(
                "no rewards",
                lambda rewards, gamma: sum(gamma**i for i in range(len(rewards))),
                "You add up the discounts alone. Multiply each by its reward.",
            ),
        ],
        hints=(
            "Each reward is multiplied by a power of gamma, then all are added.",
            "The first reward is multiplied by gamma**0 = 1, the second by gamma**1.",
            "return sum(gamma**i * reward for i, reward in enumerate(rewards))",
        ),
        insight="With gamma < 1 rewards far away hardly count: 0.99**459 is below 1 %.",
        difficulty=1,
        minutes=3,
    ),
]

QUIZ = [
    Question(
        "You leave an exercise unsolved and run all cells. What happens?",
        {
            "the notebook stops": "It never does: unsolved and wrong answers are replaced.",
            "the notebook runs on with the course's own version": "And the card says so.",
        },
        right="the notebook runs on with the course's own version",
    ),
    Question(
        "gamma = 0. What is a return then worth?",
        {
            "nothing": "gamma**0 is 1, also for gamma = 0: the first reward counts fully.",
            "the first reward": "An agent with gamma = 0 looks no further than one step.",
            "the sum of all rewards": "That is gamma = 1.",
        },
        right="the first reward",
    ),
    Question(
        "The pole stands after 500 steps and the episode ends. Was that a failure?",
        {
            "yes, an end is an end": "Time ran out. Lesson 2 shows why that matters.",
            "no, time ran out": "Ended by the clock: truncated. Ended by a fall: terminated.",
        },
        right="no, time ran out",
    ),
]
