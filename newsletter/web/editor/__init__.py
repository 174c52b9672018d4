"""The pages for editors."""
