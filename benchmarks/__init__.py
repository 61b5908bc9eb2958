"""Prepare data, start workers, measure and record."""
