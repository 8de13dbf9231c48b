"""All that the functions do, apart from being functions."""
