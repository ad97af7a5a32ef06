"""Tested helpers for the notebook course on Deep Q-Networks.

Import the module you need (``from dqn_lessons import target_lag``); importing the
package itself loads nothing else, so lesson 1 never waits for PyTorch.
"""

__version__ = "0.1.0"
