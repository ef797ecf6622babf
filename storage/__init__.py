"""What is remembered: the queue, results, deliveries and history. SQLAlchemy is used in this room only."""
