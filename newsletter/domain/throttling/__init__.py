"""How fast messages may go out."""
