"""Layouts and pooling of feature maps, shared by image models."""
