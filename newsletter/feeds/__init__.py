"""The world in: fetch and parse feeds and pages. May import domain and errors."""
