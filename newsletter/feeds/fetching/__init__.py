"""Documents over HTTP from strangers: only public addresses, within limits."""
