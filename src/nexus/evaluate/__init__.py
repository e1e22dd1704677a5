"""Numbers about a model: gauges, probes, metrics; nothing here trains or decides."""
