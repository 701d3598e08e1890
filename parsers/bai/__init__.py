"""BAI2 cash management and BAI lockbox: what their formats share."""
