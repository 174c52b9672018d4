"""The ledger: deliveries, their batches, their reports; the journal of a run."""
