"""Bugs of the target network and of the loss."""

from __future__ import annotations

from dqn_classroom.clinic.bugs.bug import Bug
from dqn_classroom.clinic.inject import Edit

_LEARN = "train.Run.update"
# Where the package refuses a mistake at the door, the bug is planted behind the door, as in
# code that has none.
_NO_DOOR = Edit(_LEARN, "td.td_loss(", "td.td_loss.__wrapped__(")
_HARD = "td.hard_update_(*self._params)"
_HARD_IS_DUE = "self.updates % config.target_period == 0"

COPIES = [
    Bug(
        "gradient through the target",
        "target network",
        (
            Edit(_LEARN, "with torch.no_grad():", "if True:"),
            Edit(_LEARN, "self.target(batch", "self.online(batch"),
            _NO_DOOR,
        ),
        "tutorials (philtabor/Deep-Q-Learning-Paper-To-Code#9, boyu-ai/Hands-on-RL#112)",
        "One network on both sides, both moved: learning is slower by a factor of 1/(1 − γ).",
        "one state",
        "A target is a constant. With a separate target network the same slip costs only memory.",
    ),
    Bug(
        "target by reference",
        "target network",
        (Edit(_LEARN, _HARD, "self.target = self.online"),),
        "tutorials (andri27-ts/Reinforcement-Learning#14, datawhalechina/easy-rl#117)",
        "Right until the first copy. From then on the target moves with every update.",
        "one state",
        "`target = online` copies a name. Look whether the two differ after one more update.",
    ),
    Bug(
        "online network for the target",
        "target network",
        (Edit(_LEARN, "self.target(batch", "self.online(batch"),),
        "a library (facebookresearch/ReAgent#88)",
        "There is a target network, it is copied on time, and nobody reads it.",
        "one state",
        "The number of copies is right; only a value tells.",
    ),
    Bug(
        "never copied",
        "target network",
        (Edit(_LEARN, _HARD_IS_DUE, "False"),),
        "a counter that never hits (shakedzy/tic_tac_toe#1); `target.state_dict = q.state_dict`",
        "Values stop one reward above what the untrained target network says.",
        "one state",
        "Count the copies.",
    ),
    Bug(
        "copied at every update",
        "target network",
        (Edit(_LEARN, _HARD_IS_DUE, "True"),),
        "a tutorial: copies at the training frequency (sebtheiler/tutorials#6)",
        "As without a target network: values rise at once, and too far.",
        "one state",
        "Say the unit of a period: environment steps, updates or episodes.",
    ),
    Bug(
        "copied the wrong way round",
        "target network",
        (Edit(_LEARN, _HARD, "td.hard_update_(*self._params[::-1])"),),
        "two arguments swapped",
        "At every copy the online network forgets all it has learned since the last one, which is "
        "everything.",
        "one state",
        "In PyTorch the one that is written to comes first: `target.copy_(online)`.",
    ),
]

LOSSES = [
    Bug(
        "sum for mean",
        "loss",
        (Edit("td.td_loss", "loss.mean(-1)", "loss.sum(-1)"),),
        "a slip of the reduction",
        "The loss is larger by the size of the batch. Adam hides the rest, until gradients are "
        "cut.",
        "one state",
        "Two equal rows must teach what one row teaches.",
    ),
    Bug(
        "[B] against [B, 1]",
        "loss",
        (
            Edit(
                "td.td_loss",
                'torch.nn.functional.mse_loss(q_taken, target, reduction="none")',
                "(q_taken.unsqueeze(-1) - target.unsqueeze(-2)).square().mean(-1)",
            ),
        ),
        "books and tutorials (hungtuchen/pytorch-dqn#3, pytorch/pytorch#4938)",
        "Every value is compared with every target, so all values go to their mean. The loss has "
        "a floor.",
        "ends",
        "Shapes must be equal, not only fit. `mse_loss` warns; `((a − b) ** 2).mean()` is silent.",
    ),
    Bug(
        "gradients pile up",
        "loss",
        (Edit(_LEARN, "param.grad = None", "pass"),),
        "a forgotten zero_grad",
        "Each step repeats all earlier ones. Values swing or run away.",
        "one state",
        "One line, and no error message.",
    ),
    Bug(
        "learners share a mean",
        "loss",
        (Edit(_LEARN, "loss.sum()", "loss.mean()"),),
        "many agents in one network",
        "Adam hides it: it divides by the size of the gradient. With SGD each learner takes a "
        "sixteenth of its step.",
        "side by side",
        "A learner among others must be what it is alone.",
        needs_many=True,
    ),
]
