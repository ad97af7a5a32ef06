"""The probes of the exercises on the target network."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from dqn_classroom.exercises.check import Probes, with_gradient
from dqn_classroom.lessons.vanilla_dqn_probes import (
    FOUR_ROWS,
    ONE_ROW,
    PLANE,
    SLOPE,
    TWO_ROWS,
    Batch,
    Descent,
    Line,
    follow,
    step_lines,
)
from dqn_lessons.target_lag import used_syncs as used_syncs  # for the mistakes' code
from dqn_lessons.td import q_of_action, soft_update_, td_loss, td_target

Params = Sequence[Tensor]


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


def _moved_lines(target_params: Params, online_params: Params, tau: float) -> list[str]:
    """All weights of the target, then of the online network, then 0: no gradients remembered."""
    pairs = zip(_flat(target_params), _flat(online_params), strict=True)
    lines = [f"{tau:g} × {online:g} + (1 - {tau:g}) × {target:g}" for target, online in pairs]
    return [*lines, *(f"{value:g}" for value in _flat(online_params)), "0"]


def _moved_names(target_params: Params, online_params: Params, _tau: float) -> list[str]:
    both = ("target_params", target_params), ("online_params", online_params)
    numbers = [
        f"{name}[{i}], number {k}"
        for name, params in both
        for i, param in enumerate(params)
        for k in range(1, param.numel() + 1)
    ]
    return [*numbers, "gradients that target_params remembers (0: none)"]


SOFT_UPDATE_ = Probes(
    [(*pair, tau) for pair, tau in zip(_PAIRS, (0.25, 0.1, 0.75, 0.4, 0.005), strict=True)],
    _moved_lines,
    observe=_in_place,
    names=_moved_names,
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


def dqn_update(
    net: nn.Module,
    target_net: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    number: int,
    config: Any,
) -> None:
    """Make update ``number`` (1, 2, ...) of DQN: a gradient step, then a sync if one is due.

    Args:
        batch: obs ``[B, D]``, action ``[B]``, reward ``[B]``, next_obs ``[B, D]``, terminated
            ``[B]``.
        config: its ``gamma``, ``loss``, ``target_period`` and ``tau`` are used.

    Source: Mnih et al., Nature 518 (2015), Algorithm 1.
    """
    obs, action, reward, next_obs, terminated = batch
    with torch.no_grad():
        target = td_target(reward, terminated, target_net(next_obs), config.gamma)
    loss = td_loss(q_of_action(net(obs), action), target, config.loss)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if config.tau is not None:
        soft_update_(list(target_net.parameters()), list(net.parameters()), config.tau)
    elif number % config.target_period == 0:
        target_net.load_state_dict(net.state_dict())


def learn(
    net: nn.Module, optimizer: torch.optim.Optimizer, batch: Batch, target: Tensor, kind: str
) -> None:
    """The gradient step, towards any target; one that carries a gradient, too."""
    error = q_of_action(net(batch[0]), batch[1]) - target
    follow(optimizer, (error**2 if kind == "mse" else huber(error)).mean())


def goal(batch: Batch, q_next: Tensor, config: Any) -> Tensor:
    """The right target of these next values."""
    return td_target(batch[2], batch[4], q_next, config.gamma)


def sync_if_due(
    net: nn.Module,
    target_net: nn.Module,
    number: int,
    config: Any,
    copy: Callable[[Params, Params], Any] = lambda target, online: soft_update_(target, online, 1),
) -> None:
    """The sync, with any way to copy."""
    params, target_params = list(net.parameters()), list(target_net.parameters())
    if config.tau is not None:
        soft_update_(target_params, params, config.tau)
    elif number % config.target_period == 0:
        copy(target_params, params)


def _update(
    nets: tuple[Line, Line], batch: Batch, lr: float, number: int, **config: Any
) -> tuple[Any, ...]:
    net, target_net = nets
    settings = SimpleNamespace(**{"target_period": 1, "tau": None, "loss": "mse"} | config)
    return net, target_net, Descent(net.parameters(), lr), batch, number, settings


def _two_updates(function: Callable[..., Any], given: tuple[Any, ...]) -> Tensor:
    """Both networks after this update, and after the next; then as for a copy in place."""
    net, target_net, optimizer, batch, number, config = given
    seen = []
    for one in (number, number + 1):
        function(net, target_net, optimizer, batch, one, config)
        seen += [net.numbers, target_net.numbers]
    remembers = any(param.requires_grad for param in target_net.parameters())
    with torch.no_grad():
        for param in net.parameters():
            param += 1
    return torch.cat([*seen, target_net.numbers, torch.tensor([float(remembers)])])


def _two_update_lines(
    net: Line, target_net: Line, optimizer: Descent, batch: Batch, number: int, config: Any
) -> list[str]:
    lines, numbers, lagging = [], net.numbers.tolist(), target_net.numbers.tolist()
    tau, rate = config.tau, optimizer.defaults["lr"]
    for one in (number, number + 1):
        more, numbers = step_lines(numbers, lagging, batch, config.gamma, rate, config.loss)
        share = tau or float(one % config.target_period == 0)
        pairs = list(zip(numbers, lagging, strict=True))
        moved = [f"{share:g} × {new:.10g} + (1 - {share:g}) × {old:.10g}" for new, old in pairs]
        lagging = [share * new + (1 - share) * old for new, old in pairs]
        lines += [*more, *moved]
    return [*lines, *(f"{value:.10g}" for value in lagging), "0"]


def _two_update_names(net: Line, target_net: Line, *given: Any) -> list[str]:
    lagging, number = target_net.names("target_net"), given[2]
    when = [(names, one) for one in (number, number + 1) for names in (net.names(), lagging)]
    numbers = [f"{name} after update {one}" for names, one in when for name in names]
    alone = [f"{name} once the online network moves on" for name in lagging]
    return [*numbers, *alone, "gradients that target_net remembers (0: none)"]


_SLOPES = SLOPE, Line.of([[0.5], [1.0], [-1.0]], [2.0, 0.25, 1.0]).requires_grad_(False)
_PLANES = (
    PLANE,
    Line.of([[1.0, 0.5], [-0.5, 1.0], [0.25, -2.0]], [0.5, -1.0, 1.5]).requires_grad_(False),
)
DQN_UPDATE = Probes(
    [
        _update(_SLOPES, ONE_ROW, 0.25, 6, gamma=0.5, target_period=3),
        _update(_SLOPES, TWO_ROWS, 0.125, 4, gamma=0.5, target_period=5, loss="huber"),
        _update(_PLANES, FOUR_ROWS, 0.25, 8, gamma=0.75, target_period=4, loss="huber"),
        _update(_PLANES, FOUR_ROWS, 0.25, 3, gamma=0.5, target_period=7),
        _update(_PLANES, FOUR_ROWS, 0.125, 4, gamma=0.5, target_period=2, tau=0.25),
        _update(_SLOPES, TWO_ROWS, 0.125, 1, gamma=0.25),
    ],
    _two_update_lines,
    observe=_two_updates,
    names=_two_update_names,
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
