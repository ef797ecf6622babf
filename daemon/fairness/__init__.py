"""What jobs cost, and whose turn it is: pure values and decisions, without a clock, a database or an engine."""
