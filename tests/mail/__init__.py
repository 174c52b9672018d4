"""The mail, and the relay it is handed to."""
