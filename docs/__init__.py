"""Makes the book, and the pictures of the README."""
