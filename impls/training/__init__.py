"""Layers that compute in training what they do not in evaluation."""
