"""Commands of the console, one module each."""
