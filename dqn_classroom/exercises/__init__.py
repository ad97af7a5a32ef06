"""Exercises that are checked, predictions that are kept, quizzes that answer."""
