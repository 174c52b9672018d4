"""Keeping a run and the ledger in step."""
