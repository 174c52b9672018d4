"""What pages, commands and programs may read: one function for each question, one transaction each.

The ports come first, then the subject. Nothing here writes.
"""
