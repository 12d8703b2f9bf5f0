"""The pages, one module for each noun; a page and its fragments share the view."""
