"""What every layer may use: errors, torch-free records, randomness keys, device choice, log."""
