"""Documents of every feed format into entries."""
