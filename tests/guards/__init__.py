"""The repository checks itself: rules that no linter knows."""
