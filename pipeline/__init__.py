"""What makes pictures: requests, records, models, and the engine. torch is imported below ``pipeline.engine`` only."""
