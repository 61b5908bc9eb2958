"""Figures: Plotly charts of results."""
