"""A framework that is not installed."""

import no_such_framework  # noqa: F401  the point of this file
