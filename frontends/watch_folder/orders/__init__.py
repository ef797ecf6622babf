"""What a dropped file asks for."""
