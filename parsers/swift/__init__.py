"""SWIFT FIN statements and the field for information to the account owner."""
