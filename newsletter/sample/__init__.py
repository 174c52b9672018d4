"""An invented newsroom and its readers, for the demo and the tests. May import domain."""
