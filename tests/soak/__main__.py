"""Run the long checks and print one table; the exit status is 1 where something is wrong.

python -m tests.soak                          everything: hours
python -m tests.soak configs files            some parts
python -m tests.soak notebooks --times 2 --only 00 01 --ways fresh
python -m tests.soak pythons --only 3.12      TORCH=torch==2.13.0 names another PyTorch
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from tests.soak import notebooks

Row = tuple[str, str, str]
_STARTS = 10


def _configs(options: argparse.Namespace) -> list[Row]:
    from tests.soak import configs, entry_points
    from tests.soak.bad_values import Fault

    outcomes, faults = configs.check(options.count, options.seed)
    rows = [(f"{outcomes.total()} configurations", _counted(outcomes), _first(faults))]
    cases, faults = entry_points.cases(), []
    for case in cases:
        try:
            entry_points.judge(*case)
        except Fault as fault:
            faults.append(str(fault))
    return [*rows, (f"{len(cases)} calls elsewhere", f"fault {len(faults)}", _first(faults))]


def _files(options: argparse.Namespace) -> list[Row]:
    from tests.soak import damaged_files

    with tempfile.TemporaryDirectory() as folder:
        outcomes, faults = damaged_files.check(options.count // 20, options.seed, Path(folder))
    return [(f"{outcomes.total()} damaged files", _counted(outcomes), _first(faults))]


def _faults(options: argparse.Namespace) -> list[Row]:
    from tests.soak import faults

    return faults.check(options.faults, options.seed)


def _notebooks(options: argparse.Namespace) -> list[Row]:
    return notebooks.check(options.times, options.only, options.ways)


def _random(options: argparse.Namespace) -> list[Row]:
    """Search with fresh seeds where `make test` looks at the same examples each time."""
    fault = _pytest("-m", "hypothesis", "--hypothesis-profile=search", "tests")
    return [("random examples", "fresh seeds", fault)]


def _figures(_options: argparse.Namespace) -> list[Row]:
    """Start everything anew, ten times, and look at every figure on a slow computer."""
    with patch.dict(os.environ, SLOWED="1"):
        faults = [_pytest("tests/browser/test_figures.py") for _ in range(_STARTS)]
    return [(f"figures, {_STARTS} starts", "slowed six times", _first([*filter(None, faults)]))]


def _pytest(*what: str) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", *what]
    ended = subprocess.run(command, check=False).returncode
    return f"pytest ended with {ended}: see above" if ended else ""


def _examinations(_options: argparse.Namespace) -> list[Row]:
    from tests.soak import examinations

    return examinations.check()


def _pythons(options: argparse.Namespace) -> list[Row]:
    from tests.soak import pythons

    return pythons.check(options.only)


def _counted(outcomes: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(outcomes.items()))


def _first(faults: list[str]) -> str:
    return f"{faults[0]} (and {len(faults) - 1} more)" if faults else ""


PARTS: dict[str, Callable[[argparse.Namespace], list[Row]]] = {
    "configs": _configs,
    "files": _files,
    "faults": _faults,
    "notebooks": _notebooks,
    "random": _random,
    "figures": _figures,
    "examinations": _examinations,
    "pythons": _pythons,
}


def main() -> int:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all if none is named")
    parser.add_argument("--times", type=int, default=20, help="fresh runs of each notebook")
    parser.add_argument("--count", type=int, default=20_000, help="bad configurations")
    parser.add_argument("--faults", type=int, default=400, help="kills; ten times as many bits")
    parser.add_argument("--seed", type=int, default=0, help="of configurations and damage")
    ways = ["fresh", *notebooks.WAYS]
    parser.add_argument(
        "--ways", nargs="+", choices=ways, default=ways, help="of running notebooks"
    )
    parser.add_argument("--only", nargs="*", default=[], help="notebooks or Pythons")
    options = parser.parse_args()
    unknown = [name for name in options.parts if name not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}: name some of {', '.join(PARTS)}")
    rows = []
    for name in options.parts or PARTS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numbers that overflow do so on purpose here
            rows += PARTS[name](options)
    width = max(len(what) for what, _, _ in rows)
    for what, told, fault in rows:
        print(f"{'FAIL' if fault else 'well'}  {what:{width}}  {told}  {fault}".rstrip())
    return int(any(fault for _, _, fault in rows))


if __name__ == "__main__":
    sys.exit(main())
