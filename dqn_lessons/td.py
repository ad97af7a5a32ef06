"""The mathematics of DQN as pure functions on trailing axes: ``[B]`` and ``[S, B]`` alike.

Above each function stands what `validated_by` asks of its arguments: dtype and shape.

Args:
    reward, terminated, error: float, bool, float ``[...]``, of the step that was made.
    q, q_next: float ``[..., A]``, values here and the target network's of the next observation.
    action: int64 ``[...]``, of all that were taken.
    gamma: discount, a number; with windows of n steps it may be ``[...]``.
    kind: ``"mse"`` is the squared error; ``"huber"`` half of it up to 1, then linear.
    target_params, online_params: lists of tensors, alike in pairs; the first changes in place.

Raises:
    TypeError: a tensor of the wrong dtype, or an argument of the wrong type.
    ValueError: shapes that do not match, a number outside its limits, a target with a gradient.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from dqn_lessons import checks as check
from dqn_lessons.checks import rule, validated_by
from dqn_lessons.config import Array

Params = Sequence[Tensor]


@validated_by(reward="float [...]", terminated="bool [...]", q_next="float [..., A]")
def td_target(reward: Tensor, terminated: Tensor, q_next: Tensor, gamma: float) -> Tensor:
    """What Q(s, a) should be: the reward, plus the discounted best value of what follows.

    ``y = r + gamma * (1 - terminated) * max_a Q(s', a)``. Nothing follows a terminated step; a
    *truncated* one was only cut short by a time limit and keeps its future. Float ``[...]``.

    Source: Mnih et al., Nature 518 (2015), Algorithm 1.
    """
    return reward + gamma * q_next.amax(-1) * ~terminated


@validated_by(
    reward="float [...]",
    terminated="bool [...]",
    q_online="float [..., A]",
    q_next="float [..., A]",
)
def double_td_target(
    reward: Tensor, terminated: Tensor, q_online: Tensor, q_next: Tensor, gamma: float
) -> Tensor:
    """`td_target`, but ``q_online [..., A]`` picks the next action, and ``q_next`` its value.

    Args:
        q_online: float ``[..., A]``, the online network's values of the next observation.

    Source: van Hasselt, Guez & Silver, AAAI 2016 (arXiv:1509.06461), Eq. 4.
    """
    best = q_online.argmax(-1, keepdim=True)
    return reward + gamma * q_next.gather(-1, best).squeeze(-1) * ~terminated


@validated_by(q="[..., A]", action="int64 [...]")
def q_of_action(q: Tensor, action: Tensor) -> Tensor:
    """Q(s, a) of the actions that were taken: float ``[..., A]`` and int64 ``[...]``.

    The same as ``q[range(B), action]`` for ``q [B, A]``; this works behind any leading axes.

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

    Returns:
        ``[...]``. One optimiser minimises its *sum* over learners; a mean would shrink steps.

    Source: Mnih et al., Nature 518 (2015), Eq. 2, and Methods for the clipped error.
    """
    if kind == "mse":
        loss = torch.nn.functional.mse_loss(q_taken, target, reduction="none")
    else:
        loss = torch.nn.functional.huber_loss(q_taken, target, reduction="none")
    return loss.mean(-1)


def loss_and_slope(error: Array, kind: Literal["mse", "huber"]) -> tuple[Array, Array]:
    """The loss of each TD error ``Q(s, a) - y``, and its derivative by Q(s, a): ``[...]``.

    Source: derived; what PyTorch finds for `td_loss`, before the mean.
    """
    if kind == "mse":
        return error * error, 2 * error
    slope = error.clip(-1, 1)
    return slope * (error - slope / 2), slope


@validated_by(q="[..., A]", uniform="[...]", random_action="[...]")
def epsilon_greedy(q: Array, epsilon: float | Array, uniform: Array, random_action: Array) -> Array:
    """The best action, or with probability ``epsilon`` a random one: whole numbers ``[...]``.

    The caller passes the random draws in, so two agents can be given the same ones. In NumPy.

    Args:
        epsilon: probability of a random action, a number or ``[...]``.
        uniform: float ``[...]``, random draws from [0, 1).
        random_action: whole numbers ``[...]``, uniform over the A actions.

    Source: Sutton & Barto (2018), section 2.2.
    """
    return np.where(uniform < epsilon, random_action, q.argmax(-1))


@validated_by(duration=rule(check.real, 1, remedy="Use 1 to switch at once."))
def linear_schedule(step: Any, start: float, end: float, duration: int) -> Any:
    """A value that walks straight from ``start`` to ``end`` in ``duration`` steps, then stays.

    Args:
        step: environment steps or episodes so far, from 0; a number or ``[...]``.
        start, end: the first and the last value.
        duration: environment steps or episodes, as ``step``, >= 1.

    Source: derived; the line through (0, start) and (duration, end).
    """
    return start + (end - start) * np.minimum(step / duration, 1.0)


def should_update(step: int, learning_starts: int, update_period: int) -> bool:
    """Whether the network learns after environment step number ``step`` (1, 2, 3, ...).

    Args:
        step: environment steps made, this one included.
        learning_starts: environment steps that fill the replay buffer first.
        update_period: environment steps between updates, due at its multiples.

    Source: Mnih et al., Nature 518 (2015), Extended Data Table 1.
    """
    return step >= learning_starts and step % update_period == 0


@check.validated_by(check.parameters)
def hard_update_(target_params: Params, online_params: Params) -> None:
    """Copy the online network's tensors, any shape, into the target's: ``target <- online``.

    Source: Mnih et al., Nature 518 (2015), Algorithm 1.
    """
    with torch.no_grad():
        for target, online in zip(target_params, online_params, strict=True):
            target.copy_(online)


@check.validated_by(check.parameters)
def soft_update_(target_params: Params, online_params: Params, tau: float) -> None:
    """Move the tensors, any shape, a little: ``target <- tau online + (1 - tau) target``.

    Args:
        tau: share of the online network that is taken over in one update, in [0, 1].

    Source: Lillicrap et al., ICLR 2016 (arXiv:1509.02971), Algorithm 1.
    """
    with torch.no_grad():
        for target, online in zip(target_params, online_params, strict=True):
            target.lerp_(online, tau)


def clip_per_learner_(grads: Sequence[Array], max_norm: float) -> None:
    """Scale the gradient of each learner, by itself, to at most ``max_norm``, in place.

    Args:
        grads: of all weights and biases, ``[S, ...]`` each.
        max_norm: the largest norm of one learner's gradient, over all of them.

    Source: ``torch.nn.utils.clip_grad_norm_``, once per learner.
    """
    norm = np.sqrt(sum(np.square(grad).sum((1, 2)) for grad in grads))
    scale = np.minimum(max_norm / (norm + 1e-6), 1)
    for grad in grads:
        grad *= scale[:, None, None]
