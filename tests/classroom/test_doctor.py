"""The doctor finds what is missing and says what to do."""

from importlib import metadata

from dqn_classroom import doctor
from tests.notebooks.tools import PATHS


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
    assert "make lab" in remedies["plotly"]
    assert ">=2.6" in remedies["torch"]
    assert remedies["numpy"] == ""


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
