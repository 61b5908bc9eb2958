"""A framework that is not installed."""

from importlib import import_module

import_module("no_such_framework")
