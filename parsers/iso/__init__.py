"""ISO 20022 cash management and payments messages."""
