"""One article: its text, its kind, its language, its images."""
