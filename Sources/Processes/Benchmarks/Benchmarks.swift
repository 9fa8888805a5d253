// Benchmarks: what `nautilus bench` runs.
