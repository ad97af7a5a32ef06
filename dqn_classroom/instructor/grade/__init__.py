"""Handed-in exercises are run again; nothing that a student says of them is trusted."""
