"""The job engine: everything long is a job, a job is phases, a phase is batches."""
