"""Entry points: one module per `make` target."""

import os
import warnings

if os.environ.get("PYTHONWARNINGS"):
    # Meant for the user's own code: `error` would end MLflow or Hydra
    warnings.resetwarnings()
