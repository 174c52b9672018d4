"""Commands that measure how well articles are chosen and grouped."""
