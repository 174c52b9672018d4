"""The world out: render, inline, assemble, hand over. May import domain, resources and errors."""
