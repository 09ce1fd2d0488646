"""Damaged files by the million, for the readers of symbols and of arrays: `python -m tests.fuzz_files`."""
