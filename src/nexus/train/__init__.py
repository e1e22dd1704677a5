"""New weights: one loop, phases as objects, bit-exact resume; decides nothing about their use."""
