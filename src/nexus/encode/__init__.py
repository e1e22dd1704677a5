"""Pictures and texts to latents of one joint space."""
