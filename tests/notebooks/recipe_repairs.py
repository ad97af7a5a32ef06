"""Make the table of repairs that lesson 10 ships, with the cells of the notebook itself.

python -m tests.notebooks.recipe_repairs     train all arms (about five minutes of one core)
"""

from typing import Any

import numpy as np

from dqn_classroom import shipped
from tests.notebooks import tools

PATH = shipped.FOLDER / "recipe_repairs.csv"


def lesson() -> dict[str, Any]:
    """Return what the cells of the recipe define: ``arms``, and ``greedy_scores`` of one."""
    (path,) = tools.NOTEBOOKS.glob("*_published_recipes.ipynb")
    cells = {cell.id: cell.source for cell in tools.load(path).cells}
    names: dict[str, Any] = {"print": lambda *_: None}
    for name in ("imports", "slips", "run-recipe", "arms"):
        exec(cells[name], names)
    names["workers"] = lambda tasks: [train(*given, **named) for train, given, named in tasks]
    return names


def main() -> None:
    """Train every arm; one column each, one row per seed."""
    names = lesson()
    columns = {}
    for arm, recipe in names["arms"].items():
        columns[arm] = names["greedy_scores"](*recipe)
        print(f"{arm}: {np.mean(columns[arm]):.1f}", flush=True)
    tools.write_columns(PATH, columns)


if __name__ == "__main__":
    main()
