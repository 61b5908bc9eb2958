"""Trends: recorded numbers over time, with change points."""
