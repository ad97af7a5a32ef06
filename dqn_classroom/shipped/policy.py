"""The trained agent of the first notebook."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np

from dqn_lessons.policies import Policy, greedy_policy

AGENT = Path(__file__).with_name("cartpole_agent.npz")


def load_policy(path: str | Path = AGENT) -> Policy:
    """Return the greedy policy of a network saved as an npz of layers (no code is loaded).

    Raises:
        FileNotFoundError: no such file.
        ValueError: not such a file.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            weights = [file[f"layer_{i}"] for i in range(len(file.files))]
        shapes = [array.shape for array in weights]
        pairs = list(zip(shapes[::2], shapes[1::2], strict=True))
        if not pairs or any(len(m) != 2 or b != m[1:] for m, b in pairs):
            raise ValueError(f"layers of shapes {shapes}")
        if any(one[1] != other[0] for (one, _), (other, _) in pairwise(pairs)):
            raise ValueError(f"layers of shapes {shapes}")
        if not all(np.issubdtype(w.dtype, np.floating) and np.isfinite(w).all() for w in weights):
            raise ValueError("weights that are not finite numbers")
    except FileNotFoundError:
        raise
    except Exception as error:  # a foreign file can fail in any way
        raise ValueError(
            f"{Path(path).name} holds no network ({error}). It must be an npz with layer_0 [in, "
            "out], layer_1 [out], and so on."
        ) from error
    return greedy_policy(weights)
