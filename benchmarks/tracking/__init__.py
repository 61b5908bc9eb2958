"""MLflow: fills a store from records, and reads checked records back.

`read.results(runs, uri, invocation) -> Results(invocation, records, read)`
is what reports are made of.
"""

__all__ = ["connect", "gates", "read", "run", "store", "sync", "ui"]
