"""Bytes on disk: whole files or none, content-addressed objects, run folders; torch-free."""
