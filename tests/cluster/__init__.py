"""Runs on clusters of several hosts of this machine; they need Java and Maven."""
