"""Experiments: sweeps of many trainings, checkpoints, videos, a flight recorder."""
