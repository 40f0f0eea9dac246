"""The loop, one request, and the clock."""
