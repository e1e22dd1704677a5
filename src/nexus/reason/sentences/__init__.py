"""What sentences say, one by one: words to facts, rules and questions, or to an abstention."""
