"""A cluster of several hosts on this one machine, for tests, benchmarks and trials."""
