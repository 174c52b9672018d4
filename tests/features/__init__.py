"""Whole flows, in by command line, HTTP or beat; looked at in the mail received and pages shown."""
