"""Compares the levels of historic-scenarios.json with the closes that arch and skfolio carry; ends with 1 where one differs.

arch has the S&P 500 and the Nasdaq Composite of 1999 to 2018, skfolio the S&P 500 from 1990 to 2022. Days before 1990
are in neither and are told.
"""
import json
import pathlib
import sys

import arch.data.nasdaq
import arch.data.sp500
import skfolio.datasets

table = pathlib.Path(__file__).parents[2] / "Sources/Engines/Risk/Stress/historic-scenarios.json"
closes = {"S&P 500": [skfolio.datasets.load_sp500_index().iloc[:, 0], arch.data.sp500.load()["Close"]],
          "Nasdaq Composite": [arch.data.nasdaq.load()["Close"]]}
wrong = 0
for scenario in json.loads(table.read_text())["scenarios"]:
    for move in scenario["moves"]:
        for day, level in ((scenario["from"], move["start"]), (scenario["to"], move["end"])):
            found = [float(series.loc[day]) for series in closes[move["index"]] if day in series.index]
            ok = all(abs(close - level) < 0.005 for close in found)
            wrong += not ok
            print(scenario["id"], move["index"], day, level, "not carried" if not found else "same" if ok else found)
sys.exit(1 if wrong else 0)
