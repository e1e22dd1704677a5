"""The past: test-time memory as a value."""
