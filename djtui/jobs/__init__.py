"""The engine: everything long is a job, worked by one host process a library."""
