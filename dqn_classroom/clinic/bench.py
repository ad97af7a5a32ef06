"""A bench for one update: Q-tables for networks, rows that all differ, batches under any names."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.optimizer import register_optimizer_step_pre_hook

from dqn_classroom.clinic.inject import locate
from dqn_lessons.config import Array
from dqn_lessons.replay import Transition

Update = Callable[[Any, nn.Module, nn.Module, torch.optim.Optimizer, float], object]
Fields = str | Sequence[str] | Mapping[str, str] | Callable[[Transition], Any]

GAMMA, RATE = 0.7, 0.1
_WORDS = {
    "obs": "obs state s observation",
    "action": "action act a",
    "reward": "reward rew r",
    "next_obs": "next_obs obs_next next_state new_state next_observation s_next next_s s2 s_prime "
    "s_ state_",
    "terminated": "terminated done d terminal term is_done ended",
    "goes_on": "goes_on not_done non_final nonterminal continue mask done_mask non_final_mask",
    "truncated": "truncated truncation trunc timeout",
    "weight": "weight is_weight importance_weight",
    "discount": "discount gamma_n",
    "index": "index indice idx tree_idx",
}


def _stem(name: str) -> str:
    name = re.sub(r"^(b|batch)_|_(b|batch|t|tensor)$", "", name.lower())
    return re.sub(r"(?<=\w\w)s(?=_?$)", "", name)


_MEANING = {_stem(word): name for name, words in _WORDS.items() for word in words.split()}


class UpdateStopped(Exception):
    """What was brought raised an error: which, where, and on which batch."""


class Batch(tuple[Any, ...]):
    """Columns of a batch as attributes, keys, or a tuple in order, under any usual name."""

    columns: dict[str, Tensor]
    form: Form

    def __getattr__(self, name: str) -> Tensor:
        meaning = self.form.names.get(name) or _MEANING.get(_stem(name), "")
        if name.startswith("__") or meaning not in self.columns:
            known = ", ".join((*Transition._fields, *self.form.names))
            raise AttributeError(f"the batch has no field {name!r}. Its fields: {known}")
        self.form.used.add(meaning)
        return self.columns[meaning]

    def __getitem__(self, key: Any) -> Any:
        return getattr(self, key) if isinstance(key, str) else super().__getitem__(key)

    def keys(self) -> tuple[str, ...]:
        """Names of the columns in order, as of a dictionary."""
        return self.form.order


@dataclass(frozen=True)
class Form:
    """How an update wants its batch.

    Args:
        order: of the columns, for an update that unpacks them.
        names: the update's own word -> the field.
        adapt: makes what the update takes of a transition of tensors ``[B, ...]``.
        column: action, reward and end are ``[B, 1]``.
        number: an end is 1.0, not True.
    """

    order: tuple[str, ...] = Transition._fields
    names: Mapping[str, str] = field(default_factory=dict)
    adapt: Callable[[Transition], Any] | None = None
    column: bool = False
    number: bool = False
    used: set[str] = field(default_factory=set, compare=False)

    def batch(self, columns: Mapping[str, Tensor]) -> Any:
        """Return columns ``[B, ...]`` as the update wants them."""
        made = {"goes_on": 1 - columns["terminated"].float(), **columns}
        if self.adapt:
            return self.adapt(Transition(*(made[name] for name in Transition._fields)))
        for name in ("terminated", "truncated") if self.number else ():
            made[name] = made[name].float()
        if self.column:
            made = {n: c[:, None] if c.ndim == 1 else c for n, c in made.items()}
        batch = Batch(made[name] for name in self.order)
        batch.columns, batch.form = made, self
        return batch

    def __str__(self) -> str:
        shape, end = "[B, 1]" if self.column else "[B]", "1.0" if self.number else "True"
        said = f"columns {shape}, an end is {end}"
        if "goes_on" in self.used:
            said += "; a mask is taken to be 1 where the episode goes on"
        return "as fields= makes it" if self.adapt else said


def forms_of(update: Update, fields: Fields | None) -> list[Form]:
    """Return how the update may want its batch, the likeliest first.

    Args:
        update: its source may say in which order it unpacks a batch.
        fields: that order, as words; or its own word -> the field; or a function that makes what
            the update takes.

    Raises:
        ValueError: a word that has no meaning here.
    """
    if callable(fields):
        return [Form(adapt=fields)]
    names = dict(fields) if isinstance(fields, Mapping) else {}
    order: Sequence[str] = _order_in_source(update)
    if fields is not None and not names:
        order = re.findall(r"\w+", fields) if isinstance(fields, str) else list(fields)
    meanings = tuple(_MEANING.get(_stem(word), word) for word in order)
    if unknown := sorted({*meanings, *names.values()} - {*_WORDS}):
        raise ValueError(f"fields: {unknown[0]!r} is no field. Use {', '.join(_WORDS)}.")
    kinds = [(False, False), (False, True), (True, True), (True, False)]
    return [Form(meanings, names, None, *kind, {*meanings}) for kind in kinds]


def _order_in_source(update: Update) -> tuple[str, ...]:
    """Return the order in which the update unpacks its batch, if its names say it."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(update)))
        first = next(iter(inspect.signature(update).parameters))
    except (OSError, TypeError, SyntaxError):
        return Transition._fields
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            words = [getattr(each, "id", "") for each in node.targets[0].elts]
            meanings = tuple(_MEANING.get(_stem(word), "") for word in words)
            if getattr(node.value, "id", "") == first and all(meanings):
                return meanings
    return Transition._fields


_OWN = (  # libraries beside PyTorch, and the course
    str(Path(torch.__file__).parents[1]),
    *(str(Path(path).parent) for path in (__file__, locate("td.x")[0].__file__)),
)


def line_of(error: BaseException) -> str:
    """Return where in the code that was brought an error arose; empty if its text is unknown."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [one for one in frames if one.line and not one.filename.startswith(_OWN)]
    return f" In line {own[-1].lineno}: `{str(own[-1].line)[:100]}`." if own else ""


def check_call(name: str, function: Any, *wanted: str, **named: Any) -> None:
    """Refuse what cannot be called with these arguments.

    Raises:
        TypeError: it is no function, or takes others.
    """
    if not callable(function):
        raise TypeError(
            f"{name} = {function!r} is a {type(function).__name__}: it must be a function. "
            "Leave out the brackets behind its name."
        )
    try:
        inspect.signature(function).bind(*wanted, **named)
    except TypeError:
        called = ", ".join((*wanted, *(f"{word}=..." for word in named)))
        raise TypeError(
            f"{name} takes {inspect.signature(function)}: it is called with ({called}). "
            "Give it these arguments."
        ) from None


def call(update: Update, form: Form, columns: Mapping[str, Tensor], *others: Any) -> None:
    """Call an update on a batch.

    Raises:
        UpdateStopped: it raised an error.
    """
    try:
        update(form.batch(columns), *others)
    except Exception as error:  # what is brought may raise anything
        said = f"{type(error).__name__}: {error}".splitlines()[0].rstrip(".")
        ends, rows = int(columns["terminated"].sum()), len(columns["terminated"])
        shape = f"The batch: {rows} rows, of which {ends} end; {form}."
        raise UpdateStopped(f"{said}.{line_of(error)} {shape}") from error


# Each row has a state and a next state of its own; of these and of two idle states, all values
# differ. In each row the best action is another one for either network, now and next.
ROWS, ACTIONS, IDLE = np.arange(12), 4, np.array([24, 25])
NEXT, ACTION = ROWS + 12, (ROWS + ROWS // 4) % ACTIONS
_draws = np.random.default_rng(7)
TERMINATED, TRUNCATED = np.isin(ROWS, (1, 6, 8)), np.isin(ROWS, (3, 10))
REWARD = _draws.permutation(np.linspace(-2.3, 2.5, 12)) + _draws.uniform(-0.1, 0.1, 12)
WEIGHT, STEPS = 0.3 + 0.1 * _draws.permutation(12), 1 + ROWS % 3
ONLINE, TARGET = _draws.uniform(-2, 2, (2, 26, ACTIONS))
for _table, _states, _shift in (
    (TARGET, NEXT, 0), (ONLINE, NEXT, 1), (TARGET, ROWS, 2), (ONLINE, ROWS, 3),
):  # fmt: skip
    _table[_states, (ROWS + _shift) % ACTIONS] = _draws.uniform(2.5, 3.5, 12) + 0.13 * _shift


class _Table(nn.Module):
    """Values of one-hot observations: ``[B, N] -> [B, A]``."""

    def __init__(self) -> None:
        super().__init__()
        self.values = nn.Parameter(torch.zeros(len(ONLINE), ACTIONS))

    def forward(self, obs: Tensor) -> Tensor:
        """Look the rows of the table up."""
        return obs @ self.values

    def put(self, values: Array) -> None:
        """Write values ``[N, A]`` into memory of its own."""
        self.values.data = torch.tensor(values, dtype=torch.float32)


class Step(NamedTuple):
    """What one call of the update did to the online table.

    Args:
        change: of its values ``[N, A]``.
        grad: that an optimiser saw ``[N, A]``, or None.
    """

    change: Array
    grad: Array | None


class Bench:
    """Two tables, an optimiser and a batch; the update is applied as often as one likes.

    Attributes:
        touched: fields of the batch that were written to.
        shares: of each call that changed the target table: how much of the online one it took.
        calls, alien, backward, written, aliased: calls; target changes that are no such share;
            calls that moved the online table towards the target's; that wrote the target's own
            values back; that left both tables in one memory.
    """

    def __init__(self, update: Update, form: Form) -> None:
        self.update, self.form = update, form
        self.online, self.target = _Table(), _Table().requires_grad_(False)
        self.optimizer = torch.optim.SGD(self.online.parameters(), RATE)
        self.by_grad, self.touched, self.shares = False, set[str](), list[float]()
        self.calls = self.alien = self.backward = self.written = self.aliased = 0
        self._stepped: list[torch.optim.Optimizer] = []
        self._grads: list[Array] = []
        seen = np.eye(len(ONLINE), dtype=np.float32)
        columns: list[Array] = [seen[ROWS], ACTION, REWARD, seen[NEXT], TERMINATED]
        columns += [TRUNCATED, WEIGHT, GAMMA**STEPS, ROWS]
        names = (*Transition._fields, "truncated", "weight", "discount", "index")
        self._columns: dict[str, Tensor] = {
            name: torch.tensor(column, dtype=torch.float32 if column.dtype == float else None)
            for name, column in zip(names, columns, strict=True)
        }

    @contextmanager
    def watched(self) -> Iterator[Bench]:
        """Listen to optimisers, whichever they are, while the context lasts."""
        handle = register_optimizer_step_pre_hook(self._note_step)
        try:
            yield self
        finally:
            handle.remove()

    def _note_step(self, optimizer: Any, *_: Any) -> None:
        params = [param for group in optimizer.param_groups for param in group["params"]]
        if any(param is self.online.values for param in params):
            self._stepped.append(optimizer)
            grad = self.online.values.grad
            self._grads.append(np.zeros_like(ONLINE) if grad is None else grad.numpy().copy())

    def apply(self, taken: Array, rows: Array = ROWS, fresh: bool = True) -> Step:
        """Apply the update once.

        Args:
            taken: Q(s, a) of all rows before it ``[12]``.
            rows: which rows make the batch ``[B]``.
            fresh: without what an earlier call left in the gradients.

        Raises:
            UpdateStopped: the update raised an error.
        """
        before = ONLINE.astype(np.float32)
        before[ROWS, ACTION] = taken
        self.online.put(before)
        self.target.values.detach_()  # an update in place may have given it a history
        self.target.put(TARGET)
        if fresh or self.online.values.grad is None:
            self.online.values.grad = torch.zeros_like(self.online.values)
        self._stepped, self._grads = [], []
        kept = {name: column[rows] for name, column in self._columns.items()}
        columns = {name: column.clone() for name, column in kept.items()}
        version = self.target.values._version
        nets = self.online, self.target
        call(self.update, self.form, columns, *nets, self.optimizer, GAMMA)
        self.calls += 1
        self.touched |= {name for name in kept if not kept[name].equal(columns[name])}
        for optimizer in self._stepped:
            optimizer.state.clear()  # no momentum from one question to the next
        after, target = (net.values.detach().numpy().copy() for net in nets)
        self._note_target(before, after, target, self.target.values._version > version)
        return Step(after - before, self._grads[0] if self._grads else None)

    def _note_target(self, before: Array, after: Array, target: Array, wrote: bool) -> None:
        old = TARGET.astype(np.float32)
        self.aliased += self.target.values.data_ptr() == self.online.values.data_ptr()
        share, fits = _share(after[IDLE] - before[IDLE], old[IDLE] - before[IDLE])
        self.backward += fits and share > 1e-5
        if (target == old).all():
            self.written += wrote
            return
        tried = [_share(target - old, online - old) for online in (after, before)]
        if found := [share for share, fits in tried if fits]:
            self.shares.append(found[0])
        else:
            self.alien += 1

    def pull(self, taken: Array, rows: Array = ROWS, fresh: bool = True) -> Array:
        """How the update pulls at Q(s, a) of each row ``[12]``; arguments as for `apply`."""
        pulls: Array = self.everywhere(taken, rows, fresh)[ROWS, ACTION]
        return pulls

    def everywhere(self, taken: Array, rows: Array = ROWS, fresh: bool = True) -> Array:
        """How it pulls at all values ``[N, A]``: minus the gradient, or else their change."""
        step = self.apply(taken, rows, fresh)
        return step.change if step.grad is None or not self.by_grad else -step.grad


def _share(moved: Array, way: Array) -> tuple[float, bool]:
    """Return which share of the way was moved, and whether all went the same."""
    share = float((moved * way).sum() / (way * way).sum())
    return share, bool(np.abs(moved - share * way).max() < 1e-5)
