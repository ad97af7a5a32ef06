"""For anyone who teaches: lecture mode, slides, and the summary of a class."""
