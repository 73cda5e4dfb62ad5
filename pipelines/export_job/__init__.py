"""The job that writes a finished dataset in other formats: options, plan, run and close."""
