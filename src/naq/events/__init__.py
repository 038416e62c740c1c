"""Events of jobs and of applications: publishing them, listening for them, managing handlers."""
