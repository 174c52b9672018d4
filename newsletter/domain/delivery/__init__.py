"""What becomes of one message to one subscriber."""
