"""Entry points: one module per `make` target."""

import os
import warnings

if os.environ.get("PYTHONWARNINGS"):
    # Meant for the user's own code: `error` would end MLflow or Hydra. What
    # Python shows by itself stays
    warnings.resetwarnings()
    for kind in (DeprecationWarning, ImportWarning, ResourceWarning):
        warnings.simplefilter("ignore", kind)
