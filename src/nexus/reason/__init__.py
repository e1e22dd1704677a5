"""Candidate answers with traces: fast head, parser, grounding, reflection."""
