"""Long checks that run by hand: ``python -m tests.soak``."""
