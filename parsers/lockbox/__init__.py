"""Lockbox files of the Bank Administration Institute."""
