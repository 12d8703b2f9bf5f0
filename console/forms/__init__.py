"""What people may type, one module for each noun."""
