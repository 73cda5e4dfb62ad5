"""Scripts that time the components; run by hand, never by the tests."""
