"""Classes and loops as students write them: other right ones, and wrong ones with their names."""

import copy
import random
from collections import deque

import gymnasium as gym
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from dqn_classroom.lessons import plain_dqn
from dqn_lessons.replay import Transition

DTYPES = (np.float32, np.int64, np.float32, np.float32, bool)


def columns(rows):
    return [np.array(column, t) for column, t in zip(zip(*rows, strict=True), DTYPES, strict=True)]


def named(name, doc, thing):
    """Return a class or function with the name that the exercise has."""
    thing.__name__, thing.__doc__ = name, doc
    return thing


class Deque:
    """a deque of tuples, without replacement"""

    def __init__(self, capacity, obs_size):
        self.rows = deque(maxlen=capacity)

    def add(self, obs, action, reward, next_obs, terminated):
        self.rows.append((np.array(obs), action, reward, np.array(next_obs), terminated))

    def __len__(self):
        return len(self.rows)

    def sample(self, batch_size, rng):
        chosen = rng.choice(len(self.rows), batch_size, replace=False)
        return columns([self.rows[i] for i in chosen])


class Tensors:
    """tensors, a pointer and a flag"""

    def __init__(self, capacity, obs_size):
        self.capacity, self.at, self.full = capacity, 0, False
        self.obs, self.next_obs = torch.zeros(2, capacity, obs_size)
        self.action = torch.zeros(capacity, dtype=torch.long)
        self.reward = torch.zeros(capacity)
        self.ends = torch.zeros(capacity, dtype=torch.bool)

    def add(self, s, a, r, s2, done):
        self.obs[self.at], self.next_obs[self.at] = torch.as_tensor(s), torch.as_tensor(s2)
        self.action[self.at], self.reward[self.at], self.ends[self.at] = a, r, bool(done)
        self.at += 1
        if self.at == self.capacity:
            self.at, self.full = 0, True

    def __len__(self):
        return self.capacity if self.full else self.at

    def sample(self, n, rng):
        i = torch.as_tensor((rng.random(n) * len(self)).astype(np.int64))
        return [x[i] for x in (self.obs, self.action, self.reward, self.next_obs, self.ends)]


class List(list):
    """a list that drops its first"""

    def __init__(self, capacity, obs_size):
        super().__init__()
        self.capacity = capacity

    def add(self, *transition):
        self.append(copy.deepcopy(transition))
        if len(self) > self.capacity:
            self.pop(0)

    def __len__(self):
        return super().__len__()

    def sample(self, batch_size, rng):
        return columns([self[i] for i in rng.permutation(len(self))[:batch_size]])


class ByReference(Deque):
    """keeps what it is given"""

    def add(self, *transition):
        self.rows.append(transition)


class Transitions(Deque):
    """a list of transitions"""

    def sample(self, batch_size, rng):
        return random.sample(self.rows, batch_size)


class Last(Deque):
    """the last ones"""

    def sample(self, batch_size, rng):
        return columns(list(self.rows)[-batch_size:])


class OwnRandom(Deque):
    """the module random"""

    def sample(self, batch_size, rng):
        return columns(random.sample(self.rows, batch_size))


class Doubles(Deque):
    """no dtype is said"""

    def sample(self, batch_size, rng):
        rows = rng.integers(len(self), size=batch_size)
        return [np.array(column) for column in zip(*(self.rows[i] for i in rows), strict=True)]


class Shared(Deque):
    """a list of the class"""

    rows = deque(maxlen=5)  # noqa: RUF012

    def __init__(self, capacity, obs_size):
        self.capacity = capacity


class NoSample:
    """a method is missing"""

    def __init__(self, capacity, obs_size): ...
    def add(self, *transition):
        return None

    def __len__(self):
        return 0


class HalfDone(Deque):
    """one method is open"""

    def sample(self, batch_size, rng): ...


class HalfWay(Deque):
    """one line is open"""

    def sample(self, batch_size, rng):
        rows = rng.integers(len(self), size=batch_size)  # noqa: F841
        ...


class NoSelf(Deque):
    """self is forgotten"""

    def __init__(self, capacity, obs_size):
        rows = deque(maxlen=capacity)  # noqa: F841


class Tanh(nn.Module):
    """three layers with tanh"""

    def __init__(self, n, m):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(n, 128), nn.Linear(128, 128), nn.Linear(128, m)

    def forward(self, x):
        return self.c(torch.tanh(self.b(torch.tanh(self.a(x)))))


class Modules(nn.Module):
    """a ModuleList, one hidden layer, weights of He"""

    def __init__(self, n, m):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, 256), nn.Linear(256, m)])
        nn.init.kaiming_normal_(self.layers[0].weight)
        nn.init.zeros_(self.layers[0].bias)

    def forward(self, x):
        return self.layers[1](F.relu(self.layers[0](x)))


class Sequential(nn.Sequential):
    """a Sequential itself, with layer normalisation"""

    def __init__(self, n, m):
        super().__init__(
            nn.Linear(n, 64), nn.ELU(), nn.LayerNorm(64), nn.Linear(64, 64), nn.ELU(),
            nn.Linear(64, m),
        )  # fmt: skip

    def forward(self, x):
        return super().forward(x)


class Dueling(nn.Module):
    """dueling"""

    def __init__(self, n, m):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(n, 64), nn.ReLU())
        self.value, self.advantage = nn.Linear(64, 1), nn.Linear(64, m)

    def forward(self, x):
        h = self.body(x)
        advantage = self.advantage(h)
        return self.value(h) + advantage - advantage.mean(1, keepdim=True)


class NoSuper(nn.Module):
    """no super().__init__()"""

    def __init__(self, n, m):
        self.a = nn.Linear(n, m)

    def forward(self, x):
        return self.a(x)


class Sigmoid(Tanh):
    """a sigmoid at the end"""

    def __init__(self, n, m):
        super().__init__(n, m)

    def forward(self, x):
        return torch.sigmoid(super().forward(x))


class Zeros(Modules):
    """weights of zero"""

    def __init__(self, n, m):
        super().__init__(n, m)
        for param in self.parameters():
            nn.init.zeros_(param)


class Best(Modules):
    """the best value alone"""

    def forward(self, x):
        return super().forward(x).max(1).values


class NoGrad(Modules):
    """under no_grad"""

    @torch.no_grad()
    def forward(self, x):
        return super().forward(x)


class Misspelt(nn.Module):
    """forward is misspelt"""

    def __init__(self, n, m):
        super().__init__()
        self.a = nn.Linear(n, m)

    def foward(self, x):
        return self.a(x)


class Made(nn.Module):
    """layers are made in forward"""

    def __init__(self, n, m):
        super().__init__()
        self.sizes = n, m

    def forward(self, x):
        return nn.Linear(*self.sizes)(x)


class ForCartPole(nn.Module):
    """sizes of CartPole"""

    def __init__(self, n, m):
        super().__init__()
        self.a, self.b = nn.Linear(4, 64), nn.Linear(64, 2)

    def forward(self, x):
        return self.b(torch.relu(self.a(x)))


def step(loss, optimizer):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def one_hot(batch, online, target, optimizer, gamma):
    """one-hot, Huber, Double DQN, clipped gradients, a soft update inside"""
    s, a, r, s2, done = batch
    q = (online(s) * F.one_hot(a, online(s).shape[1])).sum(1)
    with torch.no_grad():
        best = online(s2).argmax(1)
        y = r + gamma * (1 - done.float()) * target(s2)[torch.arange(len(r)), best]
    optimizer.zero_grad()
    loss = F.smooth_l1_loss(q, y)
    loss.backward()
    nn.utils.clip_grad_norm_(online.parameters(), 10)
    optimizer.step()
    with torch.no_grad():
        for old, new in zip(target.parameters(), online.parameters(), strict=True):
            old.mul_(0.99).add_(0.01 * new)
    return loss.item()


def by_index(batch, online, target, optimizer, gamma):
    """detach, where, an index, a sum of squares"""
    s, a, r, s2, done = batch
    value = target(s2).max(1)[0].detach()
    value = torch.where(done, torch.zeros_like(value), value)
    step(((r + gamma * value - online(s)[torch.arange(len(a)), a]) ** 2).sum(), optimizer)


def by_columns(batch, online, target, optimizer, gamma):
    """everything is [B, 1]"""
    s, a, r, s2, done = batch
    a, r, goes_on = a.unsqueeze(1), r.unsqueeze(1), (~done).float().unsqueeze(1)
    with torch.no_grad():
        y = r + gamma * goes_on * target(s2).amax(1, keepdim=True)
    step(F.mse_loss(online(s).gather(1, a), y), optimizer)


def bool_minus(batch, online, target, optimizer, gamma):
    """1 - bool"""
    s, a, r, s2, done = batch
    y = r + gamma * target(s2).max(1).values.detach() * (1 - done)
    step(F.mse_loss(online(s).gather(1, a[:, None]).squeeze(1), y), optimizer)


def no_target(batch, online, target, optimizer, gamma):
    """the online network, with gradient"""
    s, a, r, s2, done = batch
    y = r + gamma * online(s2).max(1).values * (~done)
    step(F.mse_loss(online(s).gather(1, a[:, None]).squeeze(1), y), optimizer)


def no_step(batch, online, target, optimizer, gamma):
    """no step"""
    s, a, r, s2, done = batch
    y = r + gamma * target(s2).max(1).values.detach() * (~done)
    F.mse_loss(online(s).gather(1, a[:, None]).squeeze(1), y).backward()


def all_actions(batch, online, target, optimizer, gamma):
    """all actions are moved"""
    s, _a, r, s2, done = batch
    y = r + gamma * target(s2).max(1).values.detach() * (~done)
    step(F.mse_loss(online(s), y[:, None].expand(-1, online(s).shape[1])), optimizer)


def half_an_update(batch, online, target, optimizer, gamma):
    """a line is open"""
    q = online(batch[0])  # noqa: F841
    ...


def one_seed(q, env_id, *, episodes, seed):
    """a seed for the first reset alone, a list"""
    env, totals = gym.make(env_id), []
    obs, _ = env.reset(seed=seed)
    while len(totals) < episodes:
        total, done = 0.0, False
        while not done:
            with torch.no_grad():
                action = q(torch.from_numpy(obs).unsqueeze(0)).max(1).indices.item()
            obs, reward, terminated, truncated, _ = env.step(action)
            total += reward
            done = terminated or truncated
        totals.append(total)
        obs, _ = env.reset()
    return totals


def two_functions(q, env_id, *, episodes, seed):
    """a new environment for each episode"""

    def play(number):
        env = gym.make(env_id)
        obs, rewards = env.reset(seed=1_000 * seed + number)[0], []
        while True:
            obs, reward, *ends, _ = env.step(int(np.argmax(q(torch.tensor(obs)[None]).numpy())))
            rewards.append(reward)
            if any(ends):
                return sum(rewards)

    return np.array([play(number) for number in range(episodes)])


def no_tensor(q, env_id, *, episodes, seed):
    """q gets an array"""
    return [float(q(gym.make(env_id).reset(seed=seed + i)[0])[0]) for i in range(episodes)]


def never_reset(q, env_id, *, episodes, seed):
    """no reset"""
    env = gym.make(env_id)
    return [env.step(0)[1] for _ in range(episodes)]


def decaying(env_id, *, steps, gamma, seed, on_eval=None, learning_rate=1e-3, batch_size=32,
             capacity=10_000, learning_starts=400, update_period=2, target_period=200,
             epsilon_end=0.05):  # fmt: skip
    """steps from 0, a deque, a dictionary of settings, another decay, the update in the loop"""
    torch.manual_seed(seed)
    draws = np.random.default_rng(seed + 1)
    env = gym.make(env_id)
    env.action_space.seed(seed)
    obs, _ = env.reset(seed=seed)
    online = Dueling(len(obs), env.action_space.n)
    target = Dueling(len(obs), env.action_space.n)
    target.load_state_dict(online.state_dict())
    optimizer = torch.optim.RMSprop(online.parameters(), lr=learning_rate)
    memory, updates = Deque(capacity, len(obs)), 0
    for t in range(steps):
        epsilon = epsilon_end + (1 - epsilon_end) * np.exp(-6 * t / steps)
        greedy = online(torch.tensor(obs)[None]).argmax(1).item()
        action = env.action_space.sample() if draws.random() < epsilon else greedy
        next_obs, reward, terminated, truncated, _ = env.step(action)
        memory.add(obs, action, reward, next_obs, terminated)
        obs = env.reset()[0] if terminated or truncated else next_obs
        if t + 1 >= learning_starts and (t + 1) % update_period == 0:
            batch = tuple(torch.from_numpy(c) for c in memory.sample(batch_size, draws))
            by_columns(batch, online, target, optimizer, gamma)
            updates += 1
            if updates % target_period == 0:
                target.load_state_dict(online.state_dict())
        if on_eval is not None and (t + 1) % 400 == 0:
            on_eval(t + 1, online)
    return online


def by_hand(env_id, *, steps, gamma, seed, on_eval=None, learning_rate=1e-3, batch_size=32,
            capacity=10_000, learning_starts=400, update_period=2, target_period=200,
            epsilon_end=0.05):  # fmt: skip
    """other words for everything, the course's parts"""
    torch.manual_seed(seed)
    rng, env = np.random.default_rng(seed), gym.make(env_id)
    state, _ = env.reset(seed=seed)
    policy_net = QNetwork(env.observation_space.shape[0], env.action_space.n)
    target_net = copy.deepcopy(policy_net).eval()
    adam = torch.optim.AdamW(policy_net.parameters(), lr=learning_rate)
    replay, n_updates, done = plain_dqn.ReplayBuffer(capacity, len(state)), 0, False
    for n in range(1, steps + 1):
        if done:
            state, _ = env.reset()
        if rng.uniform() < max(1 - 2 * n / steps, epsilon_end):
            action = int(rng.choice(env.action_space.n))
        else:
            action = int(policy_net(torch.as_tensor(state)[None]).argmax())
        new_state, reward, terminated, truncated, _ = env.step(action)
        done = terminated or truncated
        replay.add(state, action, reward, new_state, terminated)
        state = new_state
        if n > learning_starts and n % update_period == 0:
            batch = [torch.as_tensor(part) for part in replay.sample(batch_size, rng)]
            update(batch, policy_net, target_net, adam, gamma)
            n_updates += 1
            if n_updates % target_period == 0:
                for old, new in zip(target_net.parameters(), policy_net.parameters(), strict=True):
                    old.data.copy_(new.data)
        if on_eval and n % 400 == 0:
            on_eval(n, policy_net)
    return policy_net


QNetwork, update = plain_dqn.QNetwork, plain_dqn.update


def raises(env_id, *, steps, gamma, seed, on_eval=None, learning_rate=1e-3, batch_size=32,
           capacity=10_000, learning_starts=400, update_period=2, target_period=200,
           epsilon_end=0.05):  # fmt: skip
    """four values from step"""
    env = gym.make(env_id)
    env.reset(seed=seed)
    _obs, _reward, _done, _info = env.step(0)


def no_settings(env_id, *, steps, gamma, seed):
    """arguments are missing"""
    return gym.make(env_id)


def _three_rows(one_hot=False):
    """A batch, its targets for gamma = 0.5, and what fills two tables ``[6, 2]``."""
    rows = torch.eye(6) if one_hot else torch.arange(6)
    ends, action = torch.tensor([True, False, False]), torch.tensor([1, 0, 1])
    batch = Transition(rows[:3], action, torch.tensor([3.0, -1.0, 2.0]), rows[3:], ends)
    later = torch.tensor([[0.0, 0]] * 3 + [[4, 8], [1, 7], [5, 3]])
    now = torch.tensor([[0.0, 0]] * 3 + [[1, 2], [0, 3], [9, 4]])
    return batch, torch.tensor([3.0, -1 + 0.5 * 7, 2 + 0.5 * 5]), now, later


def in_linear_layers(update):
    """one-hot observations, Adam, a loop over the rows"""
    batch, y, now, later = _three_rows(one_hot=True)
    online, target = nn.Linear(6, 2, bias=False), nn.Linear(6, 2, bias=False)
    optimizer = torch.optim.Adam(online.parameters(), lr=0.01)
    target.weight.data = later.T.contiguous()
    for start in (-1.0, 0.6):
        online.weight.data.copy_(now.T)
        for row in range(3):
            online.weight.data[batch.action[row], row] = y[row] + start
        optimizer.state.clear()
        update(batch, online, target, optimizer, 0.5)
        for row in range(3):
            after = online.weight[batch.action[row], row].item() - y[row].item()
            if abs(after) >= abs(start):
                return False
    return True


def until_they_arrive(update):
    """many steps, and a tolerance"""
    batch, y, now, later = _three_rows()
    online, target = nn.Embedding.from_pretrained(now, freeze=False), nn.Embedding(6, 2)
    optimizer = torch.optim.SGD(online.parameters(), lr=0.3)
    for _ in range(100):
        target.weight.data = later.clone()
        update(batch, online, target, optimizer, 0.5)
    return torch.allclose(online.weight[batch.obs, batch.action], y, atol=0.1)


def with_asserts(update):
    """an assert and no answer"""
    batch, _, now, later = _three_rows()
    online, target = map(nn.Embedding.from_pretrained, (now, later))
    online.weight.requires_grad_()
    update(batch, online, target, torch.optim.SGD(online.parameters(), lr=0.1), 0.5)
    assert (online.weight[batch.obs, batch.action] > 0).tolist() == [True] * 3
    return True


def one_row(update):
    """the test of lesson 7 with a single row"""
    zero, one = torch.tensor([0]), torch.tensor([1])
    batch = Transition(zero, zero, torch.tensor([1.0]), one, torch.tensor([False]))
    online = nn.Embedding.from_pretrained(torch.tensor([[7.0, 0.0], [1.0, 5.0]]), freeze=False)
    target = nn.Embedding.from_pretrained(torch.tensor([[0.0, 0.0], [2.0, 10.0]]))
    update(batch, online, target, torch.optim.SGD(online.parameters(), lr=0.1), 0.5)
    return bool(online.weight[0, 0] < 7)


def equal_after_a_step(update):
    """one step, and =="""
    batch, y, now, later = _three_rows()
    online = nn.Embedding.from_pretrained(now, freeze=False)
    target, optimizer = nn.Embedding.from_pretrained(later), torch.optim.SGD(online.parameters(), 1)
    update(batch, online, target, optimizer, gamma=0.5)
    return torch.equal(online.weight[batch.obs, batch.action], y)


def shape_only(update):
    """the shape, and that no error comes"""
    batch, _, now, later = _three_rows()
    online = nn.Embedding.from_pretrained(now, freeze=False)
    target, optimizer = nn.Embedding.from_pretrained(later), torch.optim.SGD(online.parameters(), 1)
    update(batch, online, target, optimizer, 0.5)
    return online(batch.obs).shape == (3, 2)


def ends_in_floats(update):
    """an end is 1.0"""
    batch, _, now, later = _three_rows()
    online = nn.Embedding.from_pretrained(now, freeze=False)
    optimizer = torch.optim.SGD(online.parameters(), 1)
    batch = batch._replace(terminated=batch.terminated.float())
    update(batch, online, nn.Embedding.from_pretrained(later), optimizer, 0.5)
    return True


def half_a_test(update):
    """the batch alone"""
    batch = _three_rows()  # noqa: F841
    ...


_ANSWERS = {
    "update_is_right": (in_linear_layers, until_they_arrive),
    "ReplayBuffer": (Deque, Tensors, List),
    "QNetwork": (Tanh, Modules, Sequential, Dueling),
    "update": (one_hot, by_index, by_columns),
    "evaluate": (one_seed, two_functions),
    "train": (decaying, by_hand),
}
_WRONG = {
    "update_is_right": [
        (with_asserts, "wrong", "an assert for an answer"),
        (one_row, "wrong", "from above only"),
        (equal_after_a_step, "wrong", "a right update is refused"),
        (shape_only, "wrong", "nothing has to move"),
        (ends_in_floats, "raised", "TypeError"),
        (half_a_test, "not attempted", ""),
    ],
    "ReplayBuffer": [
        (ByReference, "wrong", "it keeps the caller's array"),
        (Transitions, "wrong", "not five columns"),
        (Last, "wrong", "the same batch each time"),
        (OwnRandom, "wrong", "another generator"),
        (Doubles, "wrong", "another dtype"),
        (Shared, "wrong", "one storage for all buffers"),
        (NoSelf, "raised", "AttributeError"),
        (HalfDone, "not attempted", ""),
        (HalfWay, "not attempted", ""),
    ],
    "QNetwork": [
        (NoSuper, "raised", "AttributeError"),
        (Sigmoid, "wrong", "values are squashed"),
        (Zeros, "wrong", "all networks begin alike"),
        (Best, "wrong", "another shape"),
        (NoGrad, "wrong", "the gradient is lost"),
        (Misspelt, "wrong", "signature"),
        (Made, "wrong", "layers that are not registered"),
        (ForCartPole, "raised", "RuntimeError"),
    ],
    "update": [
        (bool_minus, "raised", "RuntimeError"),
        (no_target, "wrong", "online network for the target"),
        (no_step, "wrong", "the weights do not change"),
        (all_actions, "wrong", "values of other actions move"),
        (half_an_update, "not attempted", ""),
    ],
    "evaluate": [
        (no_tensor, "raised", "TypeError"),
        (never_reset, "raised", "ResetNeeded"),
    ],
    "train": [
        (raises, "raised", "ValueError"),
        (no_settings, "wrong", "signature"),
    ],
}


RIGHT = {name: list(answers) for name, answers in _ANSWERS.items()}
AS_WRITTEN = [(name, *row) for name, rows in _WRONG.items() for row in rows]
AS_WRITTEN += [
    ("ReplayBuffer", one_seed, "wrong", "no class"),
    ("update", Deque, "wrong", "no function"),
    ("ReplayBuffer", NoSample, "not attempted", ""),
]
