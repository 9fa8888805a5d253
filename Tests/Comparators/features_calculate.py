"""Times whole requests of POST /features/calculate: 2,520 bars sent along, 50 features.

    python features_calculate.py http://127.0.0.1:8500 [requests]
"""
import http.client
import json
import random
import sys
import time
from urllib.parse import urlparse

url = urlparse(sys.argv[1])
count = int(sys.argv[2]) if len(sys.argv) > 2 else 300
random.seed(1)
bars = {"ts": [], "open": [], "high": [], "low": [], "close": [], "volume": []}
price = 100.0
for day in range(2520):
    begin, price = price, price * (1 + random.gauss(0, 0.01))
    values = [1_000_000_000_000 + day * 86_400_000, begin, max(begin, price) * 1.005, min(begin, price) * 0.995, price,
              1000 + abs(random.gauss(0, 500))]
    for column, value in zip(bars.values(), values):
        column.append(value if isinstance(value, int) else round(value, 4))
names = ["sma", "ema", "wma", "rsi", "mom", "roc", "stddev", "linearreg", "ts_zscore", "ts_rank"]
features = [f"{name}(close,{n})" for name in names for n in (5, 10, 14, 20, 50)]
body = json.dumps({"bars": bars, "features": features}).encode()
connection = http.client.HTTPConnection(url.hostname, url.port)
for accept in ("application/json", "application/vnd.apache.arrow.stream"):
    times = []
    for _ in range(count):
        start = time.perf_counter()
        connection.request("POST", "/features/calculate", body,
                           {"Content-Type": "application/json", "Accept": accept})
        answer = connection.getresponse()
        data = answer.read()
        times.append((time.perf_counter() - start) * 1e3)
        assert answer.status == 200, data[:500]
    times.sort()
    print(f"{accept}: p50 {times[count // 2]:.2f} ms, p99 {times[count * 99 // 100]:.2f} ms, {len(features)} features, "
          f"{len(body)} bytes in, {len(data)} out")
