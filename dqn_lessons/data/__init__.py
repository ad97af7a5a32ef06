"""Small results that are shipped, each beside the script that makes it."""
