"""What will be seen: masks, targets, predictors and the objectives that train them."""
