"""A verdict as terminal lines, pull-request comment and JUnit XML.

Standard library only, but for `write`.
"""

__all__ = ["comment", "markdown", "terminal", "write"]
