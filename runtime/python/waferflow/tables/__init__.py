"""What people read: results as tables of at most 100 to 120 columns."""
