"""The doctor finds what is missing and says what to do."""

import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from dqn_classroom import doctor
from tests.notebooks.tools import PATHS

ROOT = Path(__file__).resolve().parents[2]


def test_this_environment_is_healthy():
    findings = doctor.check_versions()
    assert [finding for finding in findings if finding.remedy] == []
    assert {"python", "torch", "gymnasium", "plotly", "ipywidgets"} <= {f.name for f in findings}
    assert "pytest" not in {finding.name for finding in findings}


def test_a_missing_and_an_old_package_get_a_remedy(monkeypatch):
    versions = {"torch": "1.0"}

    def version(name):
        if name == "plotly":
            raise metadata.PackageNotFoundError(name)
        return versions.get(name, "999")

    monkeypatch.setattr(doctor.metadata, "version", version)
    remedies = {finding.name: finding.remedy for finding in doctor.check_versions()}
    assert 'pip install "plotly' in remedies["plotly"]
    assert ">=6.1" in remedies["plotly"]  # a builder may sort the bounds
    assert ">=2.6" in remedies["torch"]
    assert remedies["packaging"] == ""  # it has no upper bound


@pytest.mark.parametrize(("version", "said"), [("6.29.5", True), ("7.4.0", False)])
def test_an_early_kernel_is_enough_and_its_limit_is_said(version, said, monkeypatch):
    real = metadata.version
    monkeypatch.setattr(
        doctor.metadata, "version", lambda name: version if name == "ipykernel" else real(name)
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    monkeypatch.setattr(doctor.metadata, "requires", lambda name: project["dependencies"])
    monkeypatch.setattr(doctor, "_work", lambda: doctor.REFERENCE_WORK)
    lines = "\n".join(map(repr, doctor.report())).splitlines()
    (line,) = [line for line in lines if line.startswith("ipykernel")]
    assert version in line
    assert "✓" in line
    assert ("Pause, Step and Stop" in line) is said


def test_every_notebook_has_a_predicted_time():
    assert set(doctor.REFERENCE_SECONDS) == {path.stem for path in PATHS}


def test_predictions_scale_with_the_machine(monkeypatch):
    monkeypatch.setattr(doctor, "_work", lambda: 3 * doctor.REFERENCE_WORK)
    for name, seconds in doctor.predicted_seconds().items():
        assert abs(seconds - 3 * doctor.REFERENCE_SECONDS[name]) < 1e-9


def test_the_handshake_is_completed_by_the_browser():
    handshake = doctor.Handshake()
    assert "no answer" in handshake.text.value
    handshake.button.click()
    assert "✓" in handshake.text.value
