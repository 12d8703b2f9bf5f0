"""From rows to what templates print: computed once, here, and tested without a browser."""
