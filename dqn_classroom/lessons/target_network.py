"""The exercises of lesson 4, on the target network."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dqn_classroom.exercises.check import Exercise, Misconception, with_gradient
from dqn_classroom.exercises.questions import Question
from dqn_lessons.target_lag import reachable_share, used_syncs
from dqn_lessons.td import hard_update_, soft_update_, td_loss

Params = list[Tensor]


def _params(*values: list[Any], learns: bool = False) -> Params:
    return [torch.tensor(value, requires_grad=learns) for value in values]


def _in_place(function: Callable[..., Any], given: tuple[Any, ...]) -> Tensor:
    """What became of both networks, and of the target when the online one then moves on.

    One number more says whether the target was left with a history of gradients.
    """
    # Lists of their own: to put another tensor into a list changes no network.
    target, online = map(list, given[:2])
    function(*given)
    with torch.no_grad():
        after = [param.detach().clone() for param in online]
        for param in online:
            param += 1
        remembers = torch.tensor([float(any(param.requires_grad for param in target))])
        parts = [param.detach().flatten() for param in (*target, *after)]
    return torch.cat([*parts, remembers])


def _moved(rule: Callable[[Tensor, Tensor, float], Tensor]) -> Callable[..., None]:
    """A wrong update: each target tensor becomes ``rule(target, online, tau)``."""

    @torch.no_grad()
    def update(target_params: Params, online_params: Params, tau: float = 0.0) -> None:
        for target, online in zip(target_params, online_params, strict=True):
            target.copy_(rule(target, online, tau))

    return update


def _rebinds(target_params: Params, online_params: Params, tau: float = 0.0) -> None:
    for target, online in zip(target_params, online_params, strict=True):
        target = online.clone()  # noqa: F841


def _refers(target_params: Params, online_params: Params) -> None:
    for target, online in zip(target_params, online_params, strict=True):
        target.data = online.data


def _remembers(target_params: Params, online_params: Params) -> None:
    for target, online in zip(target_params, online_params, strict=True):
        target.copy_(online)


def _blends_and_remembers(target_params: Params, online_params: Params, tau: float) -> None:
    for target, online in zip(target_params, online_params, strict=True):
        target.copy_(tau * online + (1 - tau) * target)


@torch.no_grad()
def _wrong_way(target_params: Params, online_params: Params) -> None:
    for target, online in zip(target_params, online_params, strict=True):
        online.copy_(target)


@torch.no_grad()
def _moves_online(target_params: Params, online_params: Params, tau: float) -> None:
    for target, online in zip(target_params, online_params, strict=True):
        online.copy_(tau * target + (1 - tau) * online)


@torch.no_grad()
def _first_only(target_params: Params, online_params: Params, tau: float = 1.0) -> None:
    target_params[0].copy_(tau * online_params[0] + (1 - tau) * target_params[0])


@torch.no_grad()
def _last_only(target_params: Params, online_params: Params) -> None:
    target_params[-1].copy_(online_params[-1])


_TARGET = _params([[1.0, -2.0], [0.5, 3.0]], [4.0, -1.0])
_ONLINE = _params([[2.0, 6.0], [-1.5, 0.25]], [8.0, 5.0], learns=True)
_PAIRS = [
    (_TARGET, _ONLINE),
    (_params([1.0], [2.0]), _params([5.0], [-3.0], learns=True)),
    (_params([0.0, 0.0], [0.0]), _params([1.0, 2.0], [3.0], learns=True)),
    (_params([7.0, 7.0], [7.0]), _params([0.0, 0.0], [0.0], learns=True)),
    (_params([[1.5]], [2.5], [[3.5]]), _params([[-1.0]], [4.0], [[6.0]], learns=True)),
]


def _flat(params: Params) -> list[float]:
    return [value for param in params for value in param.flatten().tolist()]


def _copied_line(target_params: Params, online_params: Params, tau: float = 1.0) -> str:
    """All weights of the target, then of the online network, then no memory of gradients."""
    pairs = zip(_flat(target_params), _flat(online_params), strict=True)
    if tau == 1:
        lines = [f"{online:g}" for _, online in pairs]
    else:
        lines = [f"{tau:g} × {online:g} + (1 - {tau:g}) × {target:g}" for target, online in pairs]
    online = [f"{value:g}" for value in _flat(online_params)]
    return f"[{', '.join([*lines, *online, '0'])}]"


HARD_UPDATE = Exercise(
    hard_update_,
    probes=_PAIRS,
    observe=_in_place,
    arithmetic=_copied_line,
    misconceptions=[
        Misconception(
            "another name",
            _rebinds,
            "`target = ...` gives a new meaning to a name, target_params[i] = ... fills a list. "
            "Both leave the weights of the network as they were. "
            "Write into the tensor: target.copy_(online).",
        ),
        Misconception(
            "by reference",
            _refers,
            "Now both networks share their memory: when the online network learns, the target "
            "moves with it. Copy the numbers.",
        ),
        Misconception(
            "gradient remembered",
            _remembers,
            "The numbers are right, but the target now remembers where they came from and drags "
            "gradients along. Copy under torch.no_grad().",
        ),
        Misconception(
            "wrong way",
            _wrong_way,
            "You copy the target into the online network: what was learned is thrown away.",
        ),
        Misconception(
            "first tensor only",
            _first_only,
            "Only the first tensor is copied. A network has many: loop over all pairs.",
        ),
        Misconception(
            "last tensor only",
            _last_only,
            "Only the last tensor is copied. Loop over all pairs.",
        ),
        Misconception(
            "added",
            _moved(lambda target, online, tau: target + online),
            "You add the online weights to the target's. They replace them.",
        ),
        Misconception(
            "averaged",
            _moved(lambda target, online, tau: (target + online) / 2),
            "You average the two networks. A hard update copies.",
        ),
        Misconception(
            "set to zero",
            _moved(lambda target, online, tau: torch.zeros_like(target)),
            "The target's weights are set to zero.",
        ),
        Misconception(
            "difference",
            _moved(lambda target, online, tau: online - target),
            "You store the difference of the two networks.",
        ),
    ],
    hints=(
        "Walk over both lists together, and write into each target tensor.",
        "target [1, 2] and online [5, -3]: afterwards target is [5, -3], and stays so while "
        "online learns.",
        "with torch.no_grad():\n"
        "    for target, online in zip(target_params, online_params):\n"
        "        target.copy_(online)",
    ),
    insight="Trailing underscores mean: in place. The name stays, the numbers change.",
    difficulty=2,
    minutes=4,
)

SOFT_UPDATE = Exercise(
    soft_update_,
    probes=[(*pair, tau) for pair, tau in zip(_PAIRS, (0.25, 0.1, 0.75, 0.4, 0.005), strict=True)],
    observe=_in_place,
    arithmetic=_copied_line,
    misconceptions=[
        Misconception(
            "tau swapped",
            _moved(lambda target, online, tau: (1 - tau) * online + tau * target),
            "tau is on the wrong network: the target keeps 1 - tau of itself and takes tau of the "
            "online one.",
        ),
        Misconception(
            "nothing kept",
            _moved(lambda target, online, tau: tau * online),
            "The target keeps nothing of itself: (1 - tau) * target is missing.",
        ),
        Misconception(
            "everything kept",
            _moved(lambda target, online, tau: target + tau * online),
            "The target keeps all of itself and grows without end: it keeps 1 - tau.",
        ),
        Misconception(
            "hard",
            _moved(lambda target, online, tau: online),
            "You copy everything: tau is not used.",
        ),
        Misconception(
            "another name",
            _rebinds,
            "`target = ...` gives a new meaning to a name, target_params[i] = ... fills a list. "
            "Both leave the weights of the network as they were. "
            "Write into the tensor: target.copy_(...) or target.lerp_(online, tau).",
        ),
        Misconception(
            "gradient remembered",
            _blends_and_remembers,
            "The numbers are right, but the target now remembers where they came from. Work under "
            "torch.no_grad().",
        ),
        Misconception(
            "online moved",
            _moves_online,
            "You move the online network towards the target. It is the target that follows.",
        ),
        Misconception(
            "halfway",
            _moved(lambda target, online, tau: (target + online) / 2),
            "You always go halfway: tau is not used.",
        ),
        Misconception(
            "first tensor only",
            _first_only,
            "Only the first tensor moves. A network has many: loop over all pairs.",
        ),
        Misconception(
            "away",
            _moved(lambda target, online, tau: target - tau * (online - target)),
            "The target moves away from the online network: the sign is wrong.",
        ),
        Misconception(
            "only shrinks",
            _moved(lambda target, online, tau: (1 - tau) * target),
            "The online network is not used: the target only shrinks.",
        ),
    ],
    hints=(
        "Each weight moves a part tau of the way towards the online network.",
        "target 1, online 5, tau 0.1: 0.1 × 5 + 0.9 × 1 = 1.4.",
        "with torch.no_grad():\n"
        "    for target, online in zip(target_params, online_params):\n"
        "        target.copy_(tau * online + (1 - tau) * target)",
    ),
    insight="tau = 1 is a hard update at every step, tau = 0 a target that never moves.",
    difficulty=2,
    minutes=4,
)

_TAKEN = torch.tensor([1.0, 4.0, -2.0, 0.5, 3.0])
_WANTED = torch.tensor([1.5, 1.0, -3.5, 4.5, 3.25])
_TAKEN_TWO = torch.tensor([[0.0, 2.0, 5.0, 1.0], [3.0, -1.0, 0.5, 2.5]])
_WANTED_TWO = torch.tensor([[0.75, 6.0, 4.75, 1.0], [1.0, -1.5, 3.5, 2.0]])


def _loss_line(q_taken: Tensor, target: Tensor, kind: str = "mse") -> str:
    def term(error: float) -> str:
        if kind == "mse":
            return f"({error:g})^2"
        inside = abs(error) <= 1
        return f"0.5 × ({error:g})^2" if inside else f"({abs(error):g} - 0.5)"

    def row(errors: Tensor) -> str:
        return f"({' + '.join(term(error) for error in errors.tolist())}) / {len(errors)}"

    errors = q_taken - target
    return row(errors) if errors.dim() == 1 else f"[{', '.join(row(line) for line in errors)}]"


def _per_row(mse: Callable[[Tensor], Tensor], huber: Callable[[Tensor], Tensor]) -> Any:
    """A wrong loss, from what it makes of the errors of either kind."""
    return lambda q_taken, target, kind="mse": (mse if kind == "mse" else huber)(q_taken - target)


def _huber(e: Tensor) -> Tensor:
    return torch.where(e.abs() <= 1, 0.5 * e**2, e.abs() - 0.5)


TD_LOSS = Exercise(
    td_loss,
    probes=[
        (_TAKEN, _WANTED),
        (_TAKEN, _WANTED, "mse"),
        (_TAKEN, _WANTED, "huber"),
        (_TAKEN_TWO, _WANTED_TWO, "mse"),
        (_TAKEN_TWO, _WANTED_TWO, "huber"),
        (_WANTED[:3], _TAKEN[:3], "huber"),
    ],
    observe=with_gradient,
    arithmetic=_loss_line,
    misconceptions=[
        Misconception(
            "sum for mean",
            _per_row(lambda e: (e**2).sum(-1), lambda e: _huber(e).sum(-1)),
            "You add up the batch. With the mean a larger batch takes no larger step.",
        ),
        Misconception(
            "mean over everything",
            _per_row(lambda e: (e**2).mean(), lambda e: _huber(e).mean()),
            "Right for one learner, [B]. For [S, B] it averages over the learners too, so that one "
            "scales the others' gradients. Take the mean over the last axis: .mean(-1).",
        ),
        Misconception(
            "no mean",
            _per_row(lambda e: e**2, _huber),
            "One loss per row: take the mean over the batch, .mean(-1).",
        ),
        Misconception(
            "absolute error",
            _per_row(lambda e: e.abs().mean(-1), lambda e: e.abs().mean(-1)),
            "That is the mean absolute error, for both kinds.",
        ),
        Misconception(
            "root",
            _per_row(lambda e: (e**2).mean(-1).sqrt(), lambda e: _huber(e).mean(-1)),
            "You take the root of the mean square. The loss is the mean square itself.",
        ),
        Misconception(
            "half a square",
            _per_row(lambda e: (e**2).mean(-1) / 2, lambda e: _huber(e).mean(-1)),
            "The mean squared error has no ½. Huber has.",
        ),
        Misconception(
            "kind ignored, squared",
            _per_row(lambda e: (e**2).mean(-1), lambda e: (e**2).mean(-1)),
            '`kind` is not used: "huber" must be linear beyond an error of 1.',
        ),
        Misconception(
            "kind ignored, huber",
            _per_row(lambda e: _huber(e).mean(-1), lambda e: _huber(e).mean(-1)),
            '`kind` is not used: "mse" is the mean of the squares.',
        ),
        Misconception(
            "error clipped",
            _per_row(lambda e: (e**2).mean(-1), lambda e: (0.5 * e.clamp(-1, 1) ** 2).mean(-1)),
            "You clip the error: beyond 1 the loss is flat and nothing is learned there. Clip "
            "the gradient: the loss goes on as a line.",
        ),
        Misconception(
            "jump at one",
            _per_row(
                lambda e: (e**2).mean(-1),
                lambda e: torch.where(e.abs() <= 1, 0.5 * e**2, e.abs()).mean(-1),
            ),
            "The line does not meet the parabola: at an error of 1 yours jumps from ½ to 1. "
            "Subtract ½.",
        ),
        Misconception(
            "no half in the parabola",
            _per_row(
                lambda e: (e**2).mean(-1),
                lambda e: torch.where(e.abs() <= 1, e**2, e.abs() - 0.5).mean(-1),
            ),
            "Inside, Huber is half the square: otherwise its slope at 1 would be 2, not 1.",
        ),
        Misconception(
            "inside and outside swapped",
            _per_row(
                lambda e: (e**2).mean(-1),
                lambda e: torch.where(e.abs() > 1, 0.5 * e**2, e.abs() - 0.5).mean(-1),
            ),
            "Swapped: small errors are squared, large ones are linear.",
        ),
        Misconception(
            "signs kept",
            _per_row(lambda e: e.mean(-1), lambda e: e.mean(-1)),
            "Errors of both signs cancel. Square them.",
        ),
        Misconception(
            "kinds swapped",
            _per_row(lambda e: _huber(e).mean(-1), lambda e: (e**2).mean(-1)),
            'The two kinds are swapped: "mse" is the mean of the squares.',
        ),
        Misconception(
            "no absolute value",
            _per_row(
                lambda e: (e**2).mean(-1),
                lambda e: torch.where(e <= 1, 0.5 * e**2, e - 0.5).mean(-1),
            ),
            "An error of -3 is below 1, so yours is squared. Take the absolute value first.",
        ),
        Misconception(
            "line with a sign",
            _per_row(
                lambda e: (e**2).mean(-1),
                lambda e: torch.where(e.abs() <= 1, 0.5 * e**2, e - 0.5).mean(-1),
            ),
            "Below -1 your line is negative, as if a large error were good. It is |error| - 0.5.",
        ),
    ],
    hints=(
        'Two kinds. "mse" is a mean of squares. Huber is half the square up to 1, then a line.',
        "An error of 3: mse 9, huber 3 - 0.5 = 2.5. An error of 0.5: mse 0.25, huber 0.125.",
        "error = (q_taken - target).abs()\n"
        'if kind == "mse":\n'
        "    return (error**2).mean(-1)\n"
        "return torch.where(error <= 1, 0.5 * error**2, error - 0.5).mean(-1)",
    ),
    insight="Beyond 1 the slope of Huber is 1 for every error: far off or very far off pull alike.",
    difficulty=2,
    minutes=5,
)

REACHABLE_SHARE = Exercise(
    reachable_share,
    # (updates, target_period, gamma)
    probes=[
        (50_000, 10_000, 0.99),
        (7_250, 500, 0.99),
        (500, 500, 0.99),
        (501, 500, 0.9),
        (7, 1, 0.5),
        (100, 1_000, 0.8),
    ],
    arithmetic=lambda updates, target_period, gamma: (
        f"1 - {gamma:g}^(({updates} - 1) // {target_period} + 1)"
    ),
    misconceptions=[
        Misconception(
            "one reward too few",
            lambda updates, target_period, gamma: 1 - gamma ** used_syncs(updates, target_period),
            "Before any sync one reward is counted already: the power is k + 1.",
        ),
        Misconception(
            "unused sync counted",
            lambda updates, target_period, gamma: 1 - gamma ** (updates // target_period + 1),
            "A sync after the last update is never used: k = (updates - 1) // C, as in lesson 1.",
        ),
        Misconception(
            "unused sync counted, no reward",
            lambda updates, target_period, gamma: 1 - gamma ** (updates // target_period),
            "Right at whole periods only, by two mistakes: k is (updates - 1) // C, and the power "
            "is k + 1.",
        ),
        Misconception(
            "what is missing",
            lambda updates, target_period, gamma: (
                gamma ** (used_syncs(updates, target_period) + 1.0)
            ),
            "That is the share that is still missing. Take it from 1.",
        ),
        Misconception(
            "no discount",
            lambda updates, target_period, gamma: min(
                (used_syncs(updates, target_period) + 1) * (1 - gamma), 1
            ),
            "You count all rewards as much as the first. The i-th counts gamma**i.",
        ),
        Misconception(
            "updates for syncs",
            lambda updates, target_period, gamma: 1 - gamma**updates,
            "Each sync buys a step of horizon, not each update.",
        ),
        Misconception(
            "ceiling, not share",
            lambda updates, target_period, gamma: (
                (1 - gamma ** (used_syncs(updates, target_period) + 1.0)) / (1 - gamma)
            ),
            "That is B_k for r = 1. Divide by the true value r / (1 - gamma).",
        ),
        Misconception(
            "period for syncs",
            lambda updates, target_period, gamma: 1 - gamma**target_period,
            "The power is the number of syncs plus one, not the period.",
        ),
        Misconception(
            "fraction of a sync",
            lambda updates, target_period, gamma: 1 - gamma ** (updates / target_period),
            "A sync is made or not: use whole division, (updates - 1) // C.",
        ),
        Misconception(
            "times for power",
            lambda updates, target_period, gamma: (
                1 - gamma * (used_syncs(updates, target_period) + 1.0)
            ),
            "You multiply gamma by k + 1. It is a power: gamma**(k + 1).",
        ),
        Misconception(
            "one reward too many",
            lambda updates, target_period, gamma: (
                1 - gamma ** (used_syncs(updates, target_period) + 2.0)
            ),
            "That is k + 2 rewards. After k used syncs it is k + 1.",
        ),
    ],
    hints=(
        "B_k = r (1 - gamma^(k+1)) / (1 - gamma), and the true value is r / (1 - gamma).",
        "50,000 updates, a sync every 10,000: k = 4 were used, so 1 - 0.99^5 = 4.9 %.",
        "k = (updates - 1) // target_period\nreturn 1 - gamma ** (k + 1)",
    ),
    insight="Values may be far too low and still rank the actions right: order matters, not size.",
    difficulty=2,
    minutes=4,
)

EXERCISES = [HARD_UPDATE, SOFT_UPDATE, TD_LOSS, REACHABLE_SHARE]

QUIZ = [
    Question(
        "A target network is copied every 500 updates. After 5,250 updates on CartPole, γ = 0.99, "
        "its values are near 10. Is that a bug?",
        {
            "yes, a good agent's values are near 100": "Ten copies were used: eleven steps.",
            "no, eleven steps of horizon are worth about 10": "B_10 = 10.5: each copy buys one "
            "step.",
            "it cannot be said": "It can: count the copies.",
        },
        right="no, eleven steps of horizon are worth about 10",
    ),
    Question(
        "Without a target network and with the Huber loss, values passed 30,000. What did the "
        "returns do?",
        {
            "they grew too": "They stayed near 9: worse than random.",
            "they stayed near 9": "All actions look endlessly good, so none stands out.",
            "they reached 500": "Look at the last figure again: nine steps.",
        },
        right="they stayed near 9",
    ),
    Question(
        "A friend says: a target network always makes DQN learn faster. What do you answer?",
        {
            "yes": "Look at the returns with the squared error again, or at lesson 1, Theorem 1.",
            "no: it lags; it pays where values would feed on themselves": "As measured: with the "
            "squared error it gained nothing here, with Huber it decided everything.",
            "no: it never helps": "It decided everything with the Huber loss.",
        },
        right="no: it lags; it pays where values would feed on themselves",
    ),
]
