"""Rows as the structures of AWS's output; members that AWS leaves out are left out."""
