"""The tests mirror the rooms; features/ holds whole flows, guards/ lets the repo check itself."""
