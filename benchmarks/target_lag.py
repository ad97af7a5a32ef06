"""Time 50,000 steps of the single-bias critic, beside the same steps in PyTorch, in one run."""

import statistics
import time

import torch

from dqn_lessons.target_lag import TargetLagConfig, simulate

CONFIG = TargetLagConfig()


def by_torch(steps: int) -> None:
    """Make the same updates with torch.optim.Adam, as the lesson's source did."""
    bias = torch.nn.Parameter(torch.zeros(()))
    optimiser = torch.optim.Adam([bias], lr=CONFIG.learning_rate)
    target, biases = bias.detach().clone(), []
    for step in range(1, steps + 1):
        loss = (CONFIG.reward + CONFIG.gamma * target - bias) ** 2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        biases.append(bias.item())
        if step % CONFIG.target_period == 0:
            target = bias.detach().clone()


def seconds(work, repeats: int) -> float:
    """Return the median of several timings."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


if __name__ == "__main__":
    torch.set_num_threads(1)
    ours = seconds(lambda: simulate(CONFIG), 15)
    share = 10  # of the steps: PyTorch is slow enough to be timed on a tenth
    theirs = share * seconds(lambda: by_torch(CONFIG.steps // share), 3)
    print(f"simulate, 50,000 Adam steps: {ours * 1e3:.0f} ms")
    print(f"PyTorch, the same steps:     {theirs * 1e3:.0f} ms ({theirs / ours:.0f} times as long)")
