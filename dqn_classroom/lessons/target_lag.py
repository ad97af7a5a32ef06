"""The exercises of lesson 1, on the single-bias critic."""

from dqn_classroom.exercises.check import Exercise, Misconception
from dqn_classroom.exercises.questions import Question
from dqn_lessons.target_lag import (
    bias_td_target,
    equivalent_tau,
    hard_update,
    horizon_bound,
    soft_update,
)


def _bound(rewards: int, gamma: float, reward: float, power: int, initial_bias: float) -> float:
    """Return so many discounted rewards plus the start, discounted by its own power."""
    return sum(reward * gamma**i for i in range(rewards)) + gamma**power * initial_bias


def _period_error(target_period: int, q: float) -> float:
    return target_period / (1 - q**target_period)


TD_TARGET = Exercise(
    bias_td_target,
    probes=[
        (2.0, 0.99, 10.0),
        (-1.0, 0.5, 4.0),
        (3.0, 0.0, 7.0),
        (0.0, 0.9, -5.0),
        (2.0, 0.9, 6.0),
    ],
    arithmetic=lambda reward, gamma, target_bias: f"{reward:g} + {gamma:g} × {target_bias:g}",
    misconceptions=[
        Misconception(
            "no discount",
            lambda reward, gamma, target_bias: reward + target_bias,
            "The discount gamma is missing: what comes one step later counts gamma times as much.",
        ),
        Misconception(
            "reward discounted",
            lambda reward, gamma, target_bias: gamma * (reward + target_bias),
            "gamma is on the reward too. The reward comes now, only the copy's value comes later.",
        ),
        Misconception(
            "discount on the reward",
            lambda reward, gamma, target_bias: gamma * reward + target_bias,
            "gamma is on the wrong term: it belongs to the copy's value, not to the reward.",
        ),
        Misconception(
            "reward only",
            lambda reward, gamma, target_bias: reward,
            "The target stops at the reward. What the copy expects afterwards is missing.",
        ),
        Misconception(
            "copy only",
            lambda reward, gamma, target_bias: gamma * target_bias,
            "The reward is missing: without it there is nothing to learn.",
        ),
        Misconception(
            "minus",
            lambda reward, gamma, target_bias: reward - gamma * target_bias,
            "The sign is wrong: what the copy expects later is added to the reward.",
        ),
        Misconception(
            "TD error",
            lambda reward, gamma, target_bias: reward + gamma * target_bias - target_bias,
            "That is a TD error: something is subtracted. The target is only what b is pulled to.",
        ),
        Misconception(
            "blend",
            lambda reward, gamma, target_bias: (1 - gamma) * reward + gamma * target_bias,
            "You average reward and copy, weighted 1 - gamma and gamma. The reward counts fully.",
        ),
        Misconception(
            "product",
            lambda reward, gamma, target_bias: reward * gamma * target_bias,
            "Reward and copy are multiplied. They are added.",
        ),
        Misconception(
            "fixed point",
            lambda reward, gamma, target_bias: reward / (1 - gamma),
            "That is the true value, which the critic cannot see. Use the copy, target_bias.",
        ),
        Misconception(
            "discount turned round",
            lambda reward, gamma, target_bias: reward + (1 - gamma) * target_bias,
            "The copy counts gamma times, not 1 - gamma: with gamma near 1 nearly all of it.",
        ),
        Misconception(
            "copy as it is",
            lambda reward, gamma, target_bias: target_bias,
            "You return the copy as it is. The target looks one step further, over a reward.",
        ),
        Misconception(
            "reward twice",
            lambda reward, gamma, target_bias: reward + gamma * reward,
            "The reward stands twice. What comes later is what the copy expects: target_bias.",
        ),
    ],
    hints=(
        "Two things add up: what is paid now, and what the copy expects from the next step on.",
        "With reward 2, gamma 0.99 and a copy at 10 the target is 2 + 9.9 = 11.9.",
        "return reward + gamma * target_bias",
    ),
    insight="The target uses the copy, never b itself: while the copy stands still, so does y.",
    difficulty=1,
    minutes=2,
)

HARD_UPDATE = Exercise(
    hard_update,
    # (bias, target_bias, step, target_period): on, just before, just after and far from a sync.
    probes=[
        (7.0, 1.0, 10, 5),
        (7.0, 1.0, 9, 5),
        (7.0, 1.0, 11, 5),
        (-3.0, 2.0, 5, 5),
        (-3.0, 2.0, 1, 5),
        (4.0, 8.0, 3, 1),
        (4.0, 8.0, 2, 7),
        (4.0, 8.0, 12, 8),
    ],
    arithmetic=lambda bias, target_bias, step, target_period: (
        f"{bias:g} if {step} % {target_period} == 0 else {target_bias:g}"
    ),
    misconceptions=[
        Misconception(
            "always",
            lambda bias, target_bias, step, target_period: bias,
            "You copy after every update. Then the target never lags, whatever C is.",
        ),
        Misconception(
            "never",
            lambda bias, target_bias, step, target_period: target_bias,
            "The copy never changes, so the critic would count one reward for ever.",
        ),
        Misconception(
            "inverted",
            lambda bias, target_bias, step, target_period: (
                target_bias if step % target_period == 0 else bias
            ),
            "The two cases are swapped: you copy at every step except the sync.",
        ),
        Misconception(
            "one late",
            lambda bias, target_bias, step, target_period: (
                bias if (step - 1) % target_period == 0 else target_bias
            ),
            "You sync one update late: at steps 1, C + 1, 2C + 1. It should be at C, 2C, 3C.",
        ),
        Misconception(
            "one early",
            lambda bias, target_bias, step, target_period: (
                bias if (step + 1) % target_period == 0 else target_bias
            ),
            "You sync one update early: at C - 1, 2C - 1. Steps are counted from 1: use step.",
        ),
        Misconception(
            "only once",
            lambda bias, target_bias, step, target_period: (
                bias if step == target_period else target_bias
            ),
            "You sync only once, at step C. It repeats: at 2C, 3C and so on too.",
        ),
        Misconception(
            "always after the first",
            lambda bias, target_bias, step, target_period: (
                bias if step >= target_period else target_bias
            ),
            "From step C on you copy after every update. Between syncs the copy stands still.",
        ),
        Misconception(
            "truth of the remainder",
            lambda bias, target_bias, step, target_period: (
                bias if step // target_period == 0 else target_bias
            ),
            "// is the whole part of a division. The remainder is %.",
        ),
        Misconception(
            "average",
            lambda bias, target_bias, step, target_period: (
                (bias + target_bias) / 2 if step % target_period == 0 else target_bias
            ),
            "At a sync you average. A hard sync copies b as it is.",
        ),
        Misconception(
            "remainder one",
            lambda bias, target_bias, step, target_period: (
                bias if step % target_period == 1 else target_bias
            ),
            "You look for a remainder of 1. At C, 2C, 3C it is 0; and with C = 1 it is never 1.",
        ),
        Misconception(
            "division turned round",
            lambda bias, target_bias, step, target_period: (
                bias if target_period % step == 0 else target_bias
            ),
            "You divide C by step. It is step that must be a multiple of C: step % target_period.",
        ),
    ],
    hints=(
        "There are two cases: it is time to sync, or it is not.",
        "With C = 5, steps 5, 10 and 15 return bias; all others return target_bias unchanged.",
        "return bias if step % target_period == 0 else target_bias",
    ),
    insight="C = 1 is no lag at all: the copy is renewed after every update.",
    difficulty=1,
    minutes=3,
)

SOFT_UPDATE = Exercise(
    soft_update,
    probes=[
        (10.0, 2.0, 0.1),
        (-4.0, 6.0, 0.25),
        (5.0, 3.0, 1.0),
        (1.0, -8.0, 0.005),
        (0.0, 9.0, 0.4),
    ],
    arithmetic=lambda bias, target_bias, tau: f"{tau:g} × {bias:g} + {1 - tau:g} × {target_bias:g}",
    misconceptions=[
        Misconception(
            "swapped",
            lambda bias, target_bias, tau: (1 - tau) * bias + tau * target_bias,
            "tau and 1 - tau are swapped: your copy nearly becomes b at once. It should creep.",
        ),
        Misconception(
            "copy not shrunk",
            lambda bias, target_bias, tau: tau * bias + target_bias,
            "The factor 1 - tau is missing on the old copy, so it would grow without end.",
        ),
        Misconception(
            "copy",
            lambda bias, target_bias, tau: bias,
            "That is a hard sync: you return b as it is. tau is not used.",
        ),
        Misconception(
            "stands still",
            lambda bias, target_bias, tau: target_bias,
            "The copy does not move at all.",
        ),
        Misconception(
            "away",
            lambda bias, target_bias, tau: target_bias - tau * (bias - target_bias),
            "The copy moves away from b: check the sign of the difference.",
        ),
        Misconception(
            "old copy lost",
            lambda bias, target_bias, tau: tau * bias,
            "The old copy is lost: keep 1 - tau of it.",
        ),
        Misconception(
            "difference only",
            lambda bias, target_bias, tau: tau * (bias - target_bias),
            "That is only the step towards b. Add it to the old copy.",
        ),
        Misconception(
            "halved",
            lambda bias, target_bias, tau: (bias + target_bias) / 2,
            "That is the middle of both, whatever tau is.",
        ),
        Misconception(
            "from b",
            lambda bias, target_bias, tau: bias + tau * (bias - target_bias),
            "You start from b. Start from the old copy and move a part tau towards b.",
        ),
        Misconception(
            "b not shrunk",
            lambda bias, target_bias, tau: bias + (1 - tau) * target_bias,
            "The factor tau is missing on b: only a small part of it is added.",
        ),
        Misconception(
            "b lost",
            lambda bias, target_bias, tau: (1 - tau) * target_bias,
            "b is missing: the copy only shrinks, towards 0. Add tau of b.",
        ),
        Misconception(
            "tau on both",
            lambda bias, target_bias, tau: tau * (bias + target_bias),
            "Both terms carry tau. Together they must weigh 1: tau and 1 - tau.",
        ),
        Misconception(
            "minus",
            lambda bias, target_bias, tau: tau * bias - (1 - tau) * target_bias,
            "The two terms are subtracted. An average adds them.",
        ),
        Misconception(
            "brackets forgotten",
            lambda bias, target_bias, tau: tau * bias + 1 - tau * target_bias,
            "Brackets are missing: 1 - tau * target_bias multiplies first. Write (1 - tau) * "
            "target_bias.",
        ),
        Misconception(
            "plus tau",
            lambda bias, target_bias, tau: tau * bias + (1 + tau) * target_bias,
            "The weights must add up to 1: tau and 1 - tau. With 1 + tau the copy grows without "
            "end.",
        ),
    ],
    hints=(
        "The new copy lies between the old copy and b, much nearer to the old copy.",
        "With b = 10, a copy at 2 and tau = 0.1 the copy moves a tenth of the way: to 2.8.",
        "return tau * bias + (1 - tau) * target_bias",
    ),
    insight="tau = 1 is no lag at all; small tau is a moving average of the past 1/tau updates.",
    difficulty=1,
    minutes=2,
)

HORIZON_BOUND = Exercise(
    horizon_bound,
    # No gamma = 1: the formula in the text is a right answer, and divides by 1 - gamma.
    probes=[
        (0, 2.0, 0.99, 0.0),
        (9, 2.0, 0.99, 0.0),
        (3, -1.0, 0.5, 4.0),
        (2, 1.0, 0.9, -0.5),
        (4, 3.0, 0.8, 2.0),
        (1, 5.0, 0.0, 7.0),
    ],
    arithmetic=lambda k, reward, gamma, initial_bias: (
        f"{reward:g} × ({' + '.join(f'{gamma:g}^{i}' for i in range(k + 1))})"
        f" + {gamma:g}^{k + 1} × {initial_bias:g}"
    ),
    misconceptions=[
        Misconception(
            "k rewards",
            lambda k, reward, gamma, initial_bias: _bound(k, gamma, reward, k, initial_bias),
            "You count k rewards. Before any sync (k = 0) the critic already knows one: k + 1.",
        ),
        Misconception(
            "one too many",
            lambda k, reward, gamma, initial_bias: _bound(
                k + 2, gamma, reward, k + 2, initial_bias
            ),
            "You count k + 2 rewards. After k syncs it is k + 1: range(k + 1) stops at k.",
        ),
        Misconception(
            "start forgotten",
            lambda k, reward, gamma, initial_bias: _bound(k + 1, gamma, reward, 0, 0.0),
            "The start is forgotten: b_0 still counts, gamma**(k + 1) times.",
        ),
        Misconception(
            "start discounted too little",
            lambda k, reward, gamma, initial_bias: _bound(k + 1, gamma, reward, k, initial_bias),
            "The rewards are right. b_0 comes one step after the last of them: gamma**(k + 1).",
        ),
        Misconception(
            "start not discounted",
            lambda k, reward, gamma, initial_bias: _bound(k + 1, gamma, reward, 0, initial_bias),
            "The rewards are right. b_0 is added undiscounted: it counts gamma**(k + 1) times.",
        ),
        Misconception(
            "infinite horizon",
            lambda k, reward, gamma, initial_bias: reward / (1 - gamma),
            "That is B*, the value of all rewards. After k syncs only k + 1 of them are known.",
        ),
        Misconception(
            "no discount",
            lambda k, reward, gamma, initial_bias: reward * (k + 1) + initial_bias,
            "Every reward counts the same: the discount is missing.",
        ),
        Misconception(
            "last reward only",
            lambda k, reward, gamma, initial_bias: (
                _bound(0, gamma, reward, k + 1, initial_bias) + reward * gamma**k
            ),
            "Only the last reward is counted. Sum over all of them.",
        ),
        Misconception(
            "all but the first discounted once",
            lambda k, reward, gamma, initial_bias: (
                reward + gamma * k * reward + gamma ** (k + 1) * initial_bias
            ),
            "Every later reward is discounted once. Reward i counts gamma**i times.",
        ),
        Misconception(
            "k rewards, start forgotten",
            lambda k, reward, gamma, initial_bias: _bound(k, gamma, reward, 0, 0.0),
            "Two things: it is k + 1 rewards, not k; and b_0 still counts, gamma**(k + 1) times.",
        ),
        Misconception(
            "k rewards, start right",
            lambda k, reward, gamma, initial_bias: _bound(k, gamma, reward, k + 1, initial_bias),
            "b_0 is right. One reward is missing before it: range(k) stops at k - 1.",
        ),
        Misconception(
            "first reward discounted",
            lambda k, reward, gamma, initial_bias: _bound(
                k + 1, gamma, gamma * reward, k + 1, initial_bias
            ),
            "The first reward comes now: it counts gamma**0 = 1 times. Start the sum at i = 0.",
        ),
        Misconception(
            "first reward left out",
            lambda k, reward, gamma, initial_bias: _bound(
                k, gamma, gamma * reward, k + 1, initial_bias
            ),
            "The first reward, at i = 0, is left out: range(1, k + 1) begins too late.",
        ),
        Misconception(
            "discounts only",
            lambda k, reward, gamma, initial_bias: _bound(k + 1, gamma, 1.0, k + 1, initial_bias),
            "You add up the discounts alone. Each is multiplied by the reward.",
        ),
        Misconception(
            "start only",
            lambda k, reward, gamma, initial_bias: _bound(0, gamma, reward, k + 1, initial_bias),
            "Only the start is left. The k + 1 rewards before it are missing.",
        ),
        Misconception(
            "gamma times i",
            lambda k, reward, gamma, initial_bias: (
                sum(reward * gamma * i for i in range(k + 1)) + gamma ** (k + 1) * initial_bias
            ),
            "You multiply gamma by i. It is a power: gamma**i.",
        ),
        Misconception(
            "sum not divided",
            lambda k, reward, gamma, initial_bias: (
                reward * (1 - gamma ** (k + 1)) + gamma ** (k + 1) * initial_bias
            ),
            "The sum of the powers is (1 - gamma**(k + 1)) / (1 - gamma). The division is missing.",
        ),
    ],
    hints=(
        "It is the discounted sum of k + 1 rewards, and then what b_0 is still worth.",
        "k = 0 gives reward + gamma * initial_bias: the target before any sync.",
        "sum(gamma**i * reward for i in range(k + 1)) + gamma**(k + 1) * initial_bias",
    ),
    insight="Each sync buys one more step of horizon; from b_0 = 0, 99 % of B* takes 458 of them.",
    difficulty=2,
    minutes=5,
)

EQUIVALENT_TAU = Exercise(
    equivalent_tau,
    probes=[(100, 1e-4), (5000, 1e-3), (1000, 1e-2), (7, 0.1), (2, 0.25)],
    arithmetic=lambda target_period, learning_rate: (
        f"1 / ({target_period} / (1 - {1 - 2 * learning_rate:g}^{target_period})"
        f" - 1 / {2 * learning_rate:g} + 1)"
    ),
    misconceptions=[
        Misconception(
            "1 / C",
            lambda target_period, learning_rate: 1 / target_period,
            "That is the rule for long periods only. Use the formula, with q.",
        ),
        Misconception(
            "2 / C",
            lambda target_period, learning_rate: 2 / target_period,
            "That is the rule for short periods only. Use the formula, with q.",
        ),
        Misconception(
            "2 / (C + 1)",
            lambda target_period, learning_rate: 2 / (target_period + 1),
            "That is the limit of a small learning rate. Use the formula, with q.",
        ),
        Misconception(
            "no factor 2",
            lambda target_period, learning_rate: (
                1 / (_period_error(target_period, 1 - learning_rate) - 1 / learning_rate + 1)
            ),
            "eta is twice the learning rate: the 2 comes from the square.",
        ),
        Misconception(
            "no + 1",
            lambda target_period, learning_rate: (
                1 / (_period_error(target_period, 1 - 2 * learning_rate) - 1 / (2 * learning_rate))
            ),
            "The + 1 at the end of the formula is missing.",
        ),
        Misconception(
            "not inverted",
            lambda target_period, learning_rate: (
                _period_error(target_period, 1 - 2 * learning_rate) - 1 / (2 * learning_rate) + 1
            ),
            "That is 1 / tau, the lag in updates. Invert it.",
        ),
        Misconception(
            "q not raised",
            lambda target_period, learning_rate: (
                1 / (target_period / (2 * learning_rate) - 1 / (2 * learning_rate) + 1)
            ),
            "q is not raised to the power C: a whole period passes, not one update.",
        ),
        Misconception(
            "eta for 1 / eta",
            lambda target_period, learning_rate: (
                1 / (_period_error(target_period, 1 - 2 * learning_rate) - 2 * learning_rate + 1)
            ),
            "You subtract eta. The formula subtracts 1 / eta, the updates that the fit takes.",
        ),
        Misconception(
            "q without the 2",
            lambda target_period, learning_rate: (
                1 / (_period_error(target_period, 1 - learning_rate) - 1 / (2 * learning_rate) + 1)
            ),
            "q is 1 - eta, and eta is twice the learning rate. Your q leaves out the 2.",
        ),
        Misconception(
            "plus 1 / eta",
            lambda target_period, learning_rate: (
                1
                / (
                    _period_error(target_period, 1 - 2 * learning_rate)
                    + 1 / (2 * learning_rate)
                    + 1
                )
            ),
            "You add 1 / eta. The formula subtracts it: a soft target waits for the fit as well.",
        ),
        Misconception(
            "minus 1",
            lambda target_period, learning_rate: (
                1
                / (
                    _period_error(target_period, 1 - 2 * learning_rate)
                    - 1 / (2 * learning_rate)
                    - 1
                )
            ),
            "The formula ends with + 1. Yours ends with - 1.",
        ),
        Misconception(
            "fraction turned round",
            lambda target_period, learning_rate: (
                1
                / (
                    1 / _period_error(target_period, 1 - 2 * learning_rate)
                    - 1 / (2 * learning_rate)
                    + 1
                )
            ),
            "The first fraction is upside down: C is above, 1 - q**C below.",
        ),
        Misconception(
            "eta for q",
            lambda target_period, learning_rate: (
                1 / (_period_error(target_period, 2 * learning_rate) - 1 / (2 * learning_rate) + 1)
            ),
            "You raise eta to the power C. It is q = 1 - eta that is raised: what one update "
            "leaves.",
        ),
    ],
    hints=(
        "Compute eta and q first, then the right-hand side, then invert.",
        "For C = 1 (no lag) the right-hand side is 1 / eta - 1 / eta + 1 = 1, so tau = 1.",
        "return 1 / (target_period / (1 - q**target_period) - 1 / eta + 1)",
    ),
    insight="tau is 2 / C while the copy is younger than the fit, 1 / C once each fit finishes.",
    difficulty=3,
    minutes=10,
)

EXERCISES = [TD_TARGET, HARD_UPDATE, SOFT_UPDATE, HORIZON_BOUND, EQUIVALENT_TAU]

QUIZ = [
    Question(
        "After 3 used syncs, how many rewards can the critic count at most?",
        {
            "3": "One is known before any sync, so it is one more.",
            "4": "k syncs are k + 1 steps of horizon.",
            "all of them": "That would take infinitely many syncs.",
        },
        right="4",
    ),
    Question(
        "Λ = 0.1 and learning is slow. What helps most?",
        {
            "a larger learning rate": "Λ < 1: speed is the limit, the stairs are far above.",
            "syncing more often": "The run does not even reach the present stair in a period.",
            "a larger discount": "That raises the goal, not the speed.",
        },
        right="a larger learning rate",
    ),
    Question(
        "Why do real DQNs use a lagging target?",
        {
            "it learns faster": "Not by itself: with one weight every lag only costs.",
            "it makes the bound larger": "It makes it smaller: fewer syncs, less horizon.",
            "states share weights, and without lag learning can feed on itself": (
                "Baird's counterexample explodes for C <= 76 and converges from 77 on."
            ),
        },
        right="states share weights, and without lag learning can feed on itself",
    ),
]
