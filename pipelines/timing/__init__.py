"""Where the time goes: components on one thread, and whole runs."""
