"""Is this machine ready for the course? Versions, widgets, and the minutes to expect."""

import platform
import time
from dataclasses import dataclass
from importlib import metadata

import ipywidgets as ipw
from IPython.display import display
from packaging.requirements import Requirement

from dqn_classroom.accessible_controls import in_the_page
from dqn_classroom.feedback import Feedback
from dqn_classroom.lessons import LESSONS

# Seconds of `_work`, and of computing per notebook, on the machine where they were measured
# (2 cores of an Intel Xeon server, Python 3.11, PyTorch 2.13). The latter, in the lessons' TOML
# files, are those of *Run All* in JupyterLab with the profile ``full``.
REFERENCE_WORK = 0.044
REFERENCE_SECONDS = {lesson.file: lesson.seconds for lesson in LESSONS.values()}

_PRESS = """(() => {
  const press = (tries) => {
    const button = document.querySelector(".dqn-handshake button:not([data-pressed])");
    if (!button) return tries && setTimeout(press, 100, tries - 1);
    button.dataset.pressed = "true";
    button.click();
  };
  press(600);
})();"""


@dataclass(frozen=True)
class Finding:
    """One line of the report: what was looked at, what was found, and whether it is fine.

    Args:
        name: the package, or ``python``.
        found: its version, or ``not installed``.
        remedy: what to do; empty where all is well.
    """

    name: str
    found: str
    remedy: str = ""


def check_versions() -> list[Finding]:
    """Compare the installed packages with the ranges that the course declares.

    Returns:
        One finding per package, Python first; ``remedy`` is empty where all is well.
    """
    findings = [Finding("python", platform.python_version())]
    for text in metadata.requires("dqn-lessons") or []:
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = metadata.version(requirement.name)
            fine = requirement.specifier.contains(found, prereleases=True)
        except metadata.PackageNotFoundError:
            found, fine = "not installed", False
        remedy = "" if fine else f'run: python -m pip install "{text.partition(";")[0].strip()}"'
        findings.append(Finding(requirement.name, found, remedy))
    return findings


def _status(finding: Finding) -> str:
    if finding.remedy:
        return f"✗ {finding.remedy}"
    early = finding.name == "ipykernel" and finding.found.startswith(("5.", "6."))
    return "✓ but Pause, Step and Stop during a training need 7" if early else "✓"


def _work() -> float:
    """Return the seconds that a fixed piece of work like the lessons' takes here."""
    import torch

    torch.set_num_threads(1)  # as where the lessons train
    start = time.perf_counter()
    bias = 0.0
    for _ in range(300_000):
        bias += 1e-3 * (2.0 + 0.99 * bias - bias)
    weights = torch.full((16, 64, 64), 1e-3, requires_grad=True)
    for _ in range(60):
        torch.bmm(torch.bmm(torch.ones(16, 64, 64), weights).relu(), weights).sum().backward()
    return time.perf_counter() - start


def predicted_seconds() -> dict[str, float]:
    """Return the seconds of computing to expect for each notebook on this machine.

    A short piece of work is timed three times and the fastest compared with the machine
    on which the notebooks were measured.
    """
    slower = min(_work() for _ in range(3)) / REFERENCE_WORK
    return {name: seconds * slower for name, seconds in REFERENCE_SECONDS.items()}


class Handshake(ipw.VBox):  # type: ignore[misc]
    """A line of text that the browser completes: it proves that widgets work both ways."""

    def __init__(self) -> None:
        self.text, self.button = ipw.HTML(), ipw.Button()
        self._say(
            "widgets: no answer from the browser yet. If this line stays, reload the page; "
            "if it stays then too, install the course again (README)."
        )
        self.button.on_click(
            lambda _: self._say("✓ widgets: the browser answered, sliders will work.")
        )
        hidden = ipw.Box([self.button, in_the_page(_PRESS)], layout=ipw.Layout(display="none"))
        super().__init__([self.text, hidden])
        self.add_class("dqn-handshake")

    def _say(self, text: str) -> None:
        self.text.value = f'<div role="status">{text}</div>'


def report() -> list[Feedback]:
    """Return what was found and the minutes to expect; only a notebook tries the widgets."""
    rows = [("package", "found", "status")]
    rows += [(f.name, f.found, _status(f)) for f in check_versions()]
    times = [
        f"{name}: {max(seconds / 60, 0.1):.1f} min of computing"
        for name, seconds in predicted_seconds().items()
    ]
    expect = Feedback("On this machine, expect about:", text=times)
    return [Feedback("This machine", table=rows), expect]


def doctor() -> Handshake:
    """Show the report; return the handshake widget, which the browser completes."""
    display(*report())
    return Handshake()
