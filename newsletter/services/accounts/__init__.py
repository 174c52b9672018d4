"""What the editors sign in and out with."""
