"""What vendors tell of: deliveries stored first, then read."""
