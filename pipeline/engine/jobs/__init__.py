"""A job in the engine, and its pictures: each a stock pipeline call that can stop and go on."""
