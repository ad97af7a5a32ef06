"""The probes of the exercises on the target network."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dqn_classroom.exercises.check import Probes, with_gradient
from dqn_lessons.target_lag import used_syncs as used_syncs  # for the mistakes' code

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


@torch.no_grad()
def move(to: Params, of: Params, rule: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Make each tensor of the first list what a rule says of it and its partner."""
    for mine, other in zip(to, of, strict=True):
        mine.copy_(rule(mine, other))


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


def _copied_line(target_params: Params, online_params: Params, tau: float = 1.0) -> list[str]:
    """All weights of the target, then of the online network, then 0: no gradients remembered."""
    pairs = zip(_flat(target_params), _flat(online_params), strict=True)
    if tau == 1:
        lines = [f"{online:g}" for _, online in pairs]
    else:
        lines = [f"{tau:g} × {online:g} + (1 - {tau:g}) × {target:g}" for target, online in pairs]
    return [*lines, *(f"{value:g}" for value in _flat(online_params)), "0"]


HARD_UPDATE_ = Probes(_PAIRS, _copied_line, observe=_in_place)

SOFT_UPDATE_ = Probes(
    [(*pair, tau) for pair, tau in zip(_PAIRS, (0.25, 0.1, 0.75, 0.4, 0.005), strict=True)],
    _copied_line,
    observe=_in_place,
)

_TAKEN = torch.tensor([1.0, 4.0, -2.0, 0.5, 3.0])
_WANTED = torch.tensor([1.5, 1.0, -3.5, 4.5, 3.25])
_TAKEN_TWO = torch.tensor([[0.0, 2.0, 5.0, 1.0], [3.0, -1.0, 0.5, 2.5]])
_WANTED_TWO = torch.tensor([[0.75, 6.0, 4.75, 1.0], [1.0, -1.5, 3.5, 2.0]])


def _loss_line(q_taken: Tensor, target: Tensor, kind: str = "mse") -> Any:
    def term(error: float) -> str:
        if kind == "mse":
            return f"({error:g})^2"
        inside = abs(error) <= 1
        return f"0.5 × ({error:g})^2" if inside else f"({abs(error):g} - 0.5)"

    def row(errors: Tensor) -> str:
        return f"({' + '.join(term(error) for error in errors.tolist())}) / {len(errors)}"

    errors = q_taken - target
    return row(errors) if errors.dim() == 1 else [row(line) for line in errors]


def huber(error: Tensor) -> Tensor:
    """Return the Huber loss of each error."""
    return torch.where(error.abs() <= 1, 0.5 * error**2, error.abs() - 0.5)


TD_LOSS = Probes(
    [
        (_TAKEN, _WANTED),
        (_TAKEN, _WANTED, "mse"),
        (_TAKEN, _WANTED, "huber"),
        (_TAKEN_TWO, _WANTED_TWO, "mse"),
        (_TAKEN_TWO, _WANTED_TWO, "huber"),
        (_WANTED[:3], _TAKEN[:3], "huber"),
    ],
    _loss_line,
    observe=with_gradient,
)

REACHABLE_SHARE = Probes(
    # (updates, target_period, gamma)
    [
        (50_000, 10_000, 0.99),
        (7_250, 500, 0.99),
        (500, 500, 0.99),
        (501, 500, 0.9),
        (7, 1, 0.5),
        (100, 1_000, 0.8),
    ],
    lambda updates, target_period, gamma: f"1 - {gamma:g}^(({updates} - 1) // {target_period} + 1)",
)
