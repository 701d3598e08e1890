"""Reports of payment processors."""
