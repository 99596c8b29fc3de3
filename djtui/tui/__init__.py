"""The terminal face: screens that insert requests and read rows."""
