"""Experiments: named configurations, sweeps of them, checkpoints, policies, a flight recorder."""
