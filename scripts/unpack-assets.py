"""Takes sample prices and documentation pages out of downloaded Python packages.

usage: unpack-assets.py WHEELS ASSETS

Writes ASSETS/sample/SYMBOL.TIMEFRAME.csv with the header `ts,open,high,low,close,volume` (or `ts,close` where the
source has closes only) and ASSETS/swagger-ui, ASSETS/redoc.
"""

import csv
import gzip
import io
import pathlib
import sys
import zipfile


def ohlcv(archive: zipfile.ZipFile, name: str, target: pathlib.Path) -> None:
    """A file of dates and OHLCV columns."""
    rows = csv.reader(io.TextIOWrapper(archive.open(name), "utf-8"))
    next(rows)
    with target.open("w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["ts", "open", "high", "low", "close", "volume"])
        for row in rows:
            writer.writerow([row[0].replace(" ", "T") if ":" in row[0] else row[0][:10], *row[1:6]])


def closes(archive: zipfile.ZipFile, name: str, folder: pathlib.Path) -> None:
    """A file of dates and one close column a symbol; a value that is missing is a bar that is missing."""
    rows = list(csv.reader(io.TextIOWrapper(gzip.open(archive.open(name)), "utf-8")))
    for column, symbol in enumerate(rows[0][1:], start=1):
        with (folder / f"{symbol}.1d.csv").open("w", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(["ts", "close"])
            writer.writerows([row[0], row[column]] for row in rows[1:] if row[column])


def pages(archive: zipfile.ZipFile, assets: pathlib.Path) -> None:
    """The files of the documentation pages."""
    prefix = "drf_spectacular_sidecar/static/drf_spectacular_sidecar/"
    for name in archive.namelist():
        if not name.startswith(prefix) or name.endswith(("/", ".map")):
            continue
        part = name.removeprefix(prefix).replace("swagger-ui-dist/", "swagger-ui/")
        target = assets / part
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(archive.read(name))


def main() -> None:
    wheels, assets = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    sample = assets / "sample"
    sample.mkdir(parents=True, exist_ok=True)
    for path in wheels.glob("*.whl"):
        with zipfile.ZipFile(path) as archive:
            if path.name.startswith("backtesting"):
                ohlcv(archive, "backtesting/test/EURUSD.csv", sample / "EURUSD.1h.csv")
                ohlcv(archive, "backtesting/test/GOOG.csv", sample / "GOOG.1d.csv")
            elif path.name.startswith("skfolio"):
                closes(archive, "skfolio/datasets/data/sp500_dataset.csv.gz", sample)
            else:
                pages(archive, assets)


main()
