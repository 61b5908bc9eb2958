"""Synthetic stand-ins for data sets that are not available."""
