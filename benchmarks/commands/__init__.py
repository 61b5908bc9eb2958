"""Entry points: one module per `make` target."""
