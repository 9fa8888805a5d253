// TestKit: manual clock, fixtures, real Redis and PostgreSQL started for a test, tolerances.
