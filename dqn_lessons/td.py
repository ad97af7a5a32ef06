"""The mathematics of DQN as pure functions on trailing axes: ``[B]`` and ``[S, B]`` alike.

Above each function stands what `validated_by` asks of its arguments: dtype and shape.

Raises:
    TypeError: a tensor of the wrong dtype, or an argument of the wrong type.
    ValueError: shapes that do not match, a number outside its limits, a target that carries a
        gradient or *is* the online network.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from dqn_lessons import checks as check
from dqn_lessons.checks import rule, validated_by
from dqn_lessons.config import Array


@validated_by(reward="float [...]", terminated="bool [...]", q_next="float [..., A]")
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

    Source: Mnih et al., Nature 518 (2015), Algorithm 1.
    """
    return reward + gamma * q_next.amax(-1) * ~terminated


@validated_by(q="[..., A]", action="int64 [...]")
def q_of_action(q: Tensor, action: Tensor) -> Tensor:
    """Q(s, a) of the actions that were taken, one per row.

    The same as ``q[range(B), action]`` for ``q [B, A]``; this works behind any leading axes.

    Args:
        q: float ``[..., A]``.
        action: whole numbers ``[...]``, int64.

    Returns:
        Float ``[...]``.

    Source: Mnih et al., Nature 518 (2015), Eq. 2, the Q(s, a) in the loss.
    """
    return q.gather(-1, action.unsqueeze(-1)).squeeze(-1)


@validated_by(
    q_taken="float [...]",
    target="constant float [...]",
    kind=rule(check.choice, ("mse", "huber"), remedy="Pick one of the two."),
)
def td_loss(q_taken: Tensor, target: Tensor, kind: Literal["mse", "huber"] = "mse") -> Tensor:
    """How far Q(s, a) is from its target: the mean over the batch, one number per learner.

    Args:
        q_taken: float ``[..., B]``, the online network's value of the action that was taken.
        target: float ``[..., B]``, a constant: no gradient flows into it.
        kind: ``"mse"`` is the squared error; ``"huber"`` half of it up to 1, then linear.

    Returns:
        ``[...]``. Its *sum* over learners is what one optimiser minimises for all of them: in a
        mean, each learner's step would shrink with the number of the others.

    Source: Mnih et al., Nature 518 (2015), Eq. 2, and Methods for the clipped error.
    """
    if kind == "mse":
        loss = torch.nn.functional.mse_loss(q_taken, target, reduction="none")
    else:
        loss = torch.nn.functional.huber_loss(q_taken, target, reduction="none")
    return loss.mean(-1)


def loss_and_slope(error: Array, kind: Literal["mse", "huber"]) -> tuple[Array, Array]:
    """The loss of each TD error ``Q(s, a) - y``, and its derivative by Q(s, a), in NumPy.

    Args:
        error: float ``[...]``.
        kind: as for `td_loss`.

    Returns:
        Loss and derivative, ``[...]`` each.

    Source: derived; what PyTorch finds for `td_loss`, before the mean.
    """
    if kind == "mse":
        return error * error, 2 * error
    slope = error.clip(-1, 1)
    return slope * (error - slope / 2), slope


@validated_by(q="[..., A]", uniform="[...]", random_action="[...]")
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

    Source: Sutton & Barto (2018), section 2.2.
    """
    return np.where(uniform < epsilon, random_action, q.argmax(-1))


@validated_by(duration=rule(check.real, 1, remedy="Use 1 to switch at once."))
def linear_schedule(step: Any, start: float, end: float, duration: int) -> Any:
    """A value that walks straight from ``start`` to ``end`` in ``duration`` steps, then stays.

    Args:
        step: environment steps or episodes so far, from 0; a number or ``[...]``.
        start: the first value.
        end: the last value.
        duration: environment steps or episodes, as ``step``, >= 1.

    Returns:
        Shaped as ``step``.

    Source: derived; the line through (0, start) and (duration, end).
    """
    return start + (end - start) * np.minimum(step / duration, 1.0)


def should_update(step: int, learning_starts: int, update_period: int) -> bool:
    """Whether the network learns after environment step number ``step`` (1, 2, 3, ...).

    Args:
        step: environment steps made, this one included.
        learning_starts: environment steps that fill the replay buffer first.
        update_period: environment steps from one update to the next; an update is due at its
            multiples.

    Source: Mnih et al., Nature 518 (2015), Extended Data Table 1.
    """
    return step >= learning_starts and step % update_period == 0


@check.validated_by(check.parameters)
def hard_update_(target_params: Sequence[Tensor], online_params: Sequence[Tensor]) -> None:
    """Copy the online network into the target network, in place: ``target <- online``.

    Args:
        target_params, online_params: lists of tensors, any shape, alike in pairs.

    Source: Mnih et al., Nature 518 (2015), Algorithm 1.
    """
    with torch.no_grad():
        for target, online in zip(target_params, online_params, strict=True):
            target.copy_(online)


@check.validated_by(check.parameters)
def soft_update_(
    target_params: Sequence[Tensor], online_params: Sequence[Tensor], tau: float
) -> None:
    """Move the target network a little, in place: ``target <- tau online + (1 - tau) target``.

    Args:
        target_params, online_params: lists of tensors, any shape, alike in pairs.
        tau: share of the online network that is taken over in one update, in [0, 1].

    Source: Lillicrap et al., ICLR 2016 (arXiv:1509.02971), Algorithm 1.
    """
    with torch.no_grad():
        for target, online in zip(target_params, online_params, strict=True):
            target.lerp_(online, tau)


def clip_per_learner_(grads: Sequence[Array], max_norm: float) -> None:
    """Scale the gradient of each learner to a norm of at most ``max_norm``, in place.

    A joint norm would let one learner shrink another's step.

    Args:
        grads: of all weights and biases, ``[S, ...]`` each.
        max_norm: the largest norm of one learner's gradient, over all of them.

    Source: ``torch.nn.utils.clip_grad_norm_``, once per learner.
    """
    norm = np.sqrt(sum(np.square(grad).sum((1, 2)) for grad in grads))
    scale = np.minimum(max_norm / (norm + 1e-6), 1)
    for grad in grads:
        grad *= scale[:, None, None]
