"""What we claim, runnable: figures are ratios measured side by side in one run."""
