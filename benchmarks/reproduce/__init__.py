"""Reproduction: run a record again and compare."""
