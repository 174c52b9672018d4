"""What a run has claimed: the batches, who of them waits for a permit, and who is next."""
