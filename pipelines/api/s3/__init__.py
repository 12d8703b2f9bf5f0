"""The artifacts of jobs as Amazon S3 would serve them, to those who have a job's credentials."""
