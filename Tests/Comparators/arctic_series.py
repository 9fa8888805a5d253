"""What `nautilus bench series` does, by ArcticDB on LMDB: 5,000,000 rows of a time and five columns. JSON lines."""

import json
import shutil
import statistics
import tempfile
import time

import arcticdb
import numpy
import pandas

ROWS, PART, RUNS = 5_000_000, 10_000, 5


def measure(name, unit, work, times_itself=False):
    """Prints the median of the seconds that `work` took, or says it took, as `unit`."""
    times = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        took = work()
        times.append(took if times_itself else time.perf_counter() - begun)
    seconds = statistics.median(times)
    value = seconds * 1e6 if unit == "µs" else ROWS / seconds
    print(json.dumps({"name": name, "value": value, "unit": unit, "runs": RUNS}), flush=True)


def library_in(folder):
    return arcticdb.Arctic(f"lmdb://{folder}?map_size=4GB").get_library("bench", create_if_missing=True)


def write_anew(frame):
    """Seconds of a write into a new store, as the other side has it."""
    folder = tempfile.mkdtemp(prefix="arctic-")
    try:
        library = library_in(folder)
        begun = time.perf_counter()
        library.write("bars", frame)
        return time.perf_counter() - begun
    finally:
        shutil.rmtree(folder)


def main():
    index = pandas.date_range("2000-01-01", periods=ROWS, freq="min")
    random = numpy.random.default_rng(1)
    columns = {name: random.normal(size=ROWS) for name in ["open", "high", "low", "close", "volume"]}
    frame = pandas.DataFrame(columns, index=index)
    measure("series.write", "rows/s", lambda: write_anew(frame), times_itself=True)
    folder = tempfile.mkdtemp(prefix="arctic-")
    try:
        library = library_in(folder)
        library.write("bars", frame)
        measure("series.read", "rows/s", lambda: library.read("bars"))
        measure("series.read.sum", "rows/s", lambda: library.read("bars").data.to_numpy().sum())
        middle = (index[ROWS // 2], index[ROWS // 2 + PART - 1])
        measure("series.range", "µs", lambda: library.read("bars", date_range=middle))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
