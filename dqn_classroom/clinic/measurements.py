"""What a probe finds: numbers beside what a healthy loop gives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """One number of a probe.

    Args:
        label: what was measured.
        value: what came out.
        expected: what a healthy loop gives.
        tolerance: how far from it is still healthy.
        exact: whether the number itself is the same on every machine; otherwise only whether
            it is healthy.
    """

    label: str
    value: float
    expected: float
    tolerance: float
    exact: bool = True

    @property
    def healthy(self) -> bool:
        """Whether the value is what it should be; NaN is not."""
        return abs(self.value - self.expected) <= self.tolerance


@dataclass(frozen=True)
class ProbeResult:
    """What a probe found: its measurements, or how the loop stopped before there were any.

    Args:
        probe: its name.
        measurements: in the order in which they are shown.
        stopped: the error that stopped the loop, or empty.
    """

    probe: str
    measurements: tuple[Measurement, ...]
    stopped: str = ""

    @property
    def healthy(self) -> bool:
        """Whether the loop ran and every reading is what it should be."""
        return not self.stopped and all(reading.healthy for reading in self.measurements)


def close(label: str, value: float, expected: float) -> Measurement:
    """Return a reading that must agree to a thousandth."""
    return Measurement(label, float(value), expected, 1e-3 * max(abs(expected), 1))
