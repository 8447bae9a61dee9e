"""Text that comes with the library."""
