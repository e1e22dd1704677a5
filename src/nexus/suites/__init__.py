"""Experiments: what `nexus evaluate` and `nexus bench` run; may train, think and measure."""
