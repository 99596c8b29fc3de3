"""What joins two worlds: what was heard and what Traktor keeps."""
