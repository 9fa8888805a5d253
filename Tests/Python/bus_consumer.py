"""Runs the one Python block of docs/bus.md as a consumer: reads streams of a real server with redis-py.

    bus_consumer.py DOCUMENT PORT GROUP STREAM...

Prints one JSON line for each message, in order; acknowledges what it read.
"""
import json
import re
import sys

import redis

document, port, group, streams = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
blocks = re.findall(r"^```python\n(.*?)^```", open(document, encoding="utf-8").read(), re.M | re.S)
assert len(blocks) == 1, f"{len(blocks)} Python blocks in {document}"
names = {}
exec(compile(blocks[0], document, "exec"), names)

client = redis.Redis(port=port)
for stream in streams:
    while True:
        answer = client.xreadgroup(group, "python", {stream: ">"}, count=100)
        if not answer:
            break
        for entry, fields in answer[0][1]:
            for message in names["decode"](fields):
                print(json.dumps(message, ensure_ascii=False))
            client.xack(stream, group, entry)
