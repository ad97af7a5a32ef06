"""Train many configurations, side by side in processes or on a cluster, and lose nothing.

The engine is joblib: processes on this machine, or the backend that the caller chooses around the
call, on a cluster such as ``with joblib.parallel_config(backend="dask"): sweep(...)``.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
from tqdm.auto import tqdm

from dqn_lessons import checks as check
from dqn_lessons.config import DQNConfig, stated
from dqn_lessons.experiments.checkpoint import load_history, save_history
from dqn_lessons.history import History
from dqn_lessons.train import TDTarget, train


def factorial(base: DQNConfig, **factors: Mapping[str, Any]) -> dict[str, DQNConfig]:
    """All combinations of ingredients, each either as in ``base`` or left out.

    Args:
        base: the configuration that has all of them.
        factors: ingredient -> the fields that take it out.

    Returns:
        Name -> configuration, from ``"neither"`` (``"none"`` of one or of many) to ``"both"``
        (``"all"``); in between, the ingredients that are there: ``"replay"``.
    """
    none, every = ("neither", "both") if len(factors) == 2 else ("none", "all")
    arms = {}
    for bits in range(2 ** len(factors)):
        present = [name for i, name in enumerate(factors) if bits >> i & 1]
        config = base
        for name, without in factors.items():
            config = config if name in present else replace(config, **without)
        label = every if len(present) == len(factors) else " + ".join(present) or none
        arms[label] = config
    return arms


def sweep(
    arms: Mapping[str, DQNConfig],
    seeds: Sequence[int],
    folder: str | Path | None = None,
    *,
    jobs: int = -1,
    td_target: TDTarget | None = None,
    progress: bool = True,
) -> dict[str, History]:
    """Train every arm with the same seeds; what is finished is on disk at once.

    Called again with the same arms, seeds and folder it reads what is there and trains only what
    is missing: after a kill, a crash, or another arm added. A file is named after its contents,
    so a changed configuration never meets an old result. An interrupt (the stop button, Ctrl-C)
    comes through as ``KeyboardInterrupt``; an arm that was not finished is not kept.

    Args:
        arms: name -> configuration.
        seeds: the same for all arms, so that they are paired.
        folder: where results are kept, or ``None`` to keep nothing.
        jobs: processes; -1 for one per core. A joblib backend chosen by the caller wins.
        td_target: as for `train`; results of another target are not kept apart by name, so give
            each its own folder.
        progress: show a progress bar over arms.

    Returns:
        Name -> history, in the order of ``arms``.

    Raises:
        TypeError: arms that are not configurations by name, jobs or seeds that are not whole
            numbers, or a folder that is no path.
        ValueError: no arms, or seeds that do not fit.
        CheckpointError: a result file that is damaged; its name is in the message.
        OSError: a folder that cannot be made or written, before anything is trained.
        KeyboardInterrupt: it was stopped, as said above.
    """
    _check_arms(arms)
    seeds = check.seeds(seeds)
    remedy = "Use -1 for one process per core, 1 for none extra."
    if check.integer("jobs", jobs, -1, remedy=remedy) == 0:
        raise ValueError(f"jobs = 0: it must be -1 or >= 1. {remedy}")
    if folder is not None:
        _prepare(folder)
    paths = {n: result_path(folder, arm, seeds) for n, arm in arms.items() if folder is not None}
    histories = {name: load_history(path) for name, path in paths.items() if path.exists()}
    # A run that was stopped is no result, whoever wrote it.
    histories = {name: history for name, history in histories.items() if history.complete}
    missing = {name: config for name, config in arms.items() if name not in histories}
    tasks = [joblib.delayed(_train)(n, arm, seeds, td_target) for n, arm in missing.items()]
    engine = joblib.Parallel(min(jobs, len(missing) or 1), return_as="generator_unordered")
    with tqdm(total=len(arms), initial=len(histories), unit="arm", disable=not progress) as bar:
        for name, history in engine(tasks):
            if not history.complete:  # training turned the interrupt into an early end
                raise KeyboardInterrupt
            histories[name] = history
            if folder is not None:
                save_history(paths[name], history)
            bar.update()
    return {name: histories[name] for name in arms}


def _train(
    name: str, config: DQNConfig, seeds: Sequence[int], td_target: TDTarget | None
) -> tuple[str, History]:
    try:
        return name, train(config, seeds, td_target=td_target, progress=False).history
    except Exception as error:
        vars(error).pop("run", None)  # it does not go from one process to another
        error.add_note(f"It was the arm {name!r}.")
        raise


def result_path(folder: str | Path, config: DQNConfig, seeds: Sequence[int]) -> Path:
    """Return where a folder of results holds a run: ``<environment>-<digest>.npz``.

    Args:
        folder: of the results.
        config, seeds: what was trained; the digest is of all of it.
    """
    contents = json.dumps([stated(config), list(check.seeds(seeds))], sort_keys=True)
    digest = hashlib.sha256(contents.encode()).hexdigest()[:16]
    world = "".join(c if c.isalnum() else "-" for c in config.env_id)
    return Path(folder) / f"{world}-{digest}.npz"


def _check_arms(arms: Any) -> None:
    remedy = "Pass {name: DQNConfig(...)}."
    check.instance("arms", arms, Mapping, "a dictionary", remedy=remedy)
    for name, arm in arms.items():
        check.instance(f"arms[{name!r}]", arm, DQNConfig, "a configuration", remedy=remedy)
    if not arms:
        raise ValueError(f"arms is empty: nothing to train. {remedy}")


def _prepare(folder: Any) -> None:
    """Make the folder, and see that it can be written before hours of training."""
    remedy = 'Use a folder of your own, such as "results", or None to keep nothing.'
    named = f"folder = {check.shown(str(folder) if isinstance(folder, Path) else folder)}"
    if not isinstance(folder, (str, Path)):
        raise TypeError(f"{named} is a {type(folder).__name__}: it must be a path. {remedy}")
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except ValueError as error:  # a name that no file can have
        raise ValueError(f"{named}: {error}. {remedy}") from error
    except OSError as error:
        said = f"{named} cannot be written ({error.strerror or error}). Nothing was trained."
        raise OSError(error.errno or 0, f"{said} {remedy}") from error
