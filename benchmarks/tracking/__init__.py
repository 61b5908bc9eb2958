"""MLflow: records and gate verdicts sent to a tracking store."""
