"""The mathematics of DQN as pure functions on trailing axes: ``[B]`` and ``[S, B]`` alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from dqn_lessons.checks import validated_by
from dqn_lessons.config import Array


def _same_rows(**shapes: tuple[int, ...]) -> None:
    """Broadcasting [B] against [B, 1] would silently pair every row with every other."""
    if len(set(shapes.values())) > 1:
        stated = ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items())
        raise ValueError(
            f"row shapes differ (an action axis apart): {stated}. They must be equal, [B] or "
            "[S, B]. Remove an extra axis with .squeeze(-1)."
        )


def _floats(**tensors: Tensor) -> None:
    for name, tensor in tensors.items():
        if not tensor.is_floating_point():
            raise TypeError(
                f"{name} has dtype {tensor.dtype}: it must be float, whole numbers cut the "
                "fraction off a value. Use torch.float32."
            )


def _check_td_target(reward: Tensor, terminated: Tensor, q_next: Tensor, gamma: float) -> None:
    _floats(reward=reward, q_next=q_next)
    if terminated.dtype is not torch.bool:
        raise TypeError(
            f"terminated has dtype {terminated.dtype}: it must be torch.bool, ~ flips the bits of "
            "whole numbers. Use .bool()."
        )
    _same_rows(reward=reward.shape, terminated=terminated.shape, q_next=q_next.shape[:-1])


def _check_q_of_action(q: Tensor, action: Tensor) -> None:
    if action.dtype is not torch.int64:
        raise TypeError(
            f"action has dtype {action.dtype}: an index must be torch.int64. Use .long()."
        )
    _same_rows(q=q.shape[:-1], action=action.shape)


def _check_td_loss(q_taken: Tensor, target: Tensor, kind: Literal["mse", "huber"] = "mse") -> None:
    _floats(q_taken=q_taken, target=target)
    _same_rows(q_taken=q_taken.shape, target=target.shape)
    if target.requires_grad:
        raise ValueError(
            "target carries a gradient: the TD target is a constant of the update. "
            "Compute it under torch.no_grad()."
        )
    if kind not in ("mse", "huber"):
        raise ValueError(f"kind = {kind!r}: it must be mse or huber. Pick one of the two.")


def _check_epsilon_greedy(
    q: Array, epsilon: float | Array, uniform: Array, random_action: Array
) -> None:
    _same_rows(q=q.shape[:-1], uniform=uniform.shape, random_action=random_action.shape)


def _check_linear_schedule(step: Any, start: float, end: float, duration: int) -> None:
    if duration < 1:
        raise ValueError(f"duration = {duration}: it must be >= 1. Use 1 to switch at once.")


def _check_update(target_params: Sequence[Tensor], online_params: Sequence[Tensor]) -> None:
    for name, params in (("target_params", target_params), ("online_params", online_params)):
        if not isinstance(params, Sequence):
            raise TypeError(
                f"{name} is a {type(params).__name__}, which can be walked over only once: it must "
                "be a list. Use list(net.parameters())."
            )
    for target, online in zip(target_params, online_params, strict=True):
        _same_rows(target=target.shape, online=online.shape)
        if target.data_ptr() == online.data_ptr():
            raise ValueError(
                "the target network shares its memory with the online network, so it never lags. "
                "Use copy.deepcopy(online)."
            )


def _check_soft_update(
    target_params: Sequence[Tensor], online_params: Sequence[Tensor], tau: float
) -> None:
    if not 0 <= tau <= 1:
        raise ValueError(f"tau = {tau}: it must be in [0, 1]. Use 0.005 to follow slowly.")
    _check_update(target_params, online_params)


@validated_by(_check_td_target)
def td_target(reward: Tensor, terminated: Tensor, q_next: Tensor, gamma: float) -> Tensor:
    """What Q(s, a) should be: the reward, plus the discounted best value of what follows.

    ``y = r + gamma * (1 - terminated) * max_a Q(s', a)``. Nothing follows a terminated step; a
    *truncated* one was only cut short by a time limit and keeps its future.

    Args:
        reward: float ``[...]``.
        terminated: bool ``[...]``.
        q_next: float ``[..., A]``, the target network's values of the next observation.
        gamma: discount.

    Returns:
        Float ``[...]``.

    Raises:
        TypeError: a tensor of the wrong dtype.
        ValueError: shapes that do not match.

    Source: Mnih et al., Nature 518 (2015), Algorithm 1.
    """
    return reward + gamma * q_next.amax(-1) * ~terminated


@validated_by(_check_q_of_action)
def q_of_action(q: Tensor, action: Tensor) -> Tensor:
    """Q(s, a) of the actions that were taken, one per row.

    The same as ``q[range(B), action]`` for ``q [B, A]``; this works behind any leading axes.

    Args:
        q: float ``[..., A]``.
        action: whole numbers ``[...]``, int64.

    Returns:
        Float ``[...]``.

    Raises:
        TypeError: actions that are not int64.
        ValueError: shapes that do not match.

    Source: Mnih et al., Nature 518 (2015), Eq. 2, the Q(s, a) in the loss.
    """
    return q.gather(-1, action.unsqueeze(-1)).squeeze(-1)


@validated_by(_check_td_loss)
def td_loss(q_taken: Tensor, target: Tensor, kind: Literal["mse", "huber"] = "mse") -> Tensor:
    """How far Q(s, a) is from its target: the mean over the batch, one number per learner.

    Args:
        q_taken: float ``[..., B]``, the online network's value of the action that was taken.
        target: float ``[..., B]``, a constant: no gradient flows into it.
        kind: ``"mse"`` is the squared error; ``"huber"`` half of it up to 1, then linear.

    Returns:
        ``[...]``. Its *sum* over learners is what one optimiser minimises for all of them: in a
        mean, each learner's step would shrink with the number of the others.

    Raises:
        TypeError: a tensor that is not float.
        ValueError: shapes that do not match, a target that carries a gradient, an unknown kind.

    Source: Mnih et al., Nature 518 (2015), Eq. 2, and Methods for the clipped error.
    """
    if kind == "mse":
        loss = torch.nn.functional.mse_loss(q_taken, target, reduction="none")
    else:
        loss = torch.nn.functional.huber_loss(q_taken, target, reduction="none")
    return loss.mean(-1)


@validated_by(_check_epsilon_greedy)
def epsilon_greedy(q: Array, epsilon: float | Array, uniform: Array, random_action: Array) -> Array:
    """The best action, or with probability ``epsilon`` a random one.

    The caller passes the random draws in, so two agents can be given the same ones.

    Args:
        q: float ``[..., A]``, a NumPy array: an action is for the environment.
        epsilon: probability of a random action, a number or ``[...]``.
        uniform: float ``[...]``, random draws from [0, 1).
        random_action: whole numbers ``[...]``, uniform over the A actions.

    Returns:
        Whole numbers ``[...]``.

    Raises:
        ValueError: shapes that do not match.

    Source: Sutton & Barto (2018), section 2.2.
    """
    return np.where(uniform < epsilon, random_action, q.argmax(-1))


@validated_by(_check_linear_schedule)
def linear_schedule(step: Any, start: float, end: float, duration: int) -> Any:
    """A value that walks straight from ``start`` to ``end`` in ``duration`` steps, then stays.

    Args:
        step: environment steps or episodes so far, from 0; a number or ``[...]``.
        start: the first value.
        end: the last value.
        duration: environment steps or episodes, as ``step``, >= 1.

    Returns:
        Shaped as ``step``.

    Raises:
        ValueError: a duration below 1.

    Source: derived; the line through (0, start) and (duration, end).
    """
    return start + (end - start) * np.minimum(step / duration, 1.0)


def should_update(step: int, learning_starts: int, update_period: int) -> bool:
    """Whether the network learns after environment step number ``step`` (1, 2, 3, ...).

    Args:
        step: environment steps made, this one included.
        learning_starts: environment steps that fill the memory first.
        update_period: environment steps from one update to the next; an update is due at its
            multiples.

    Source: Mnih et al., Nature 518 (2015), Extended Data Table 1.
    """
    return step >= learning_starts and step % update_period == 0


@validated_by(_check_update)
def hard_update_(target_params: Sequence[Tensor], online_params: Sequence[Tensor]) -> None:
    """Copy the online network into the target network, in place: ``target <- online``.

    Args:
        target_params: a list of tensors, any shape each.
        online_params: as many, shaped as those.

    Raises:
        TypeError: parameters that are no list.
        ValueError: parameters that do not match, or a target that *is* the online network.

    Source: Mnih et al., Nature 518 (2015), Algorithm 1.
    """
    with torch.no_grad():
        for target, online in zip(target_params, online_params, strict=True):
            target.copy_(online)


@validated_by(_check_soft_update)
def soft_update_(
    target_params: Sequence[Tensor], online_params: Sequence[Tensor], tau: float
) -> None:
    """Move the target network a little, in place: ``target <- tau online + (1 - tau) target``.

    Args:
        target_params: a list of tensors, any shape each.
        online_params: as many, shaped as those.
        tau: share of the online network that is taken over in one update, in [0, 1].

    Raises:
        TypeError: parameters that are no list.
        ValueError: ``tau`` outside [0, 1], parameters that do not match, or a target that *is*
            the online network.

    Source: Lillicrap et al., ICLR 2016 (arXiv:1509.02971), Algorithm 1.
    """
    with torch.no_grad():
        for target, online in zip(target_params, online_params, strict=True):
            target.lerp_(online, tau)


@torch.no_grad()
def clip_per_learner_(params: Iterable[Tensor], max_norm: float) -> None:
    """Scale the gradient of each learner to a norm of at most ``max_norm``, in place.

    A joint norm would let one learner shrink another's step.

    Args:
        params: parameters with gradients ``[S, ...]``.
        max_norm: the largest norm of one learner's gradient, over all its parameters.

    Source: torch.nn.utils.clip_grad_norm_, once per learner.
    """
    grads = [param.grad for param in params if param.grad is not None]
    norm = torch.stack([grad.flatten(1).norm(dim=1) for grad in grads]).norm(dim=0)
    scale = (max_norm / (norm + 1e-6)).clamp(max=1)
    for grad in grads:
        grad.mul_(scale.view(-1, *[1] * (grad.dim() - 1)))
