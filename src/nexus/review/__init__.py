"""Permission: nothing that thinks changes without a person's recorded, reversible approval."""
