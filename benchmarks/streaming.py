"""How long from a message to a changed segment, on a broker and a stream of this machine: python benchmarks/streaming.py --output DIR.

The output must hold a published run of the settings. A message is sent each --every seconds; its time is over when Delta has committed the
segments of the batch that took it, by Delta's own time stamp. Printed: median, 99th percentile, seconds of a batch.
"""

import argparse
import json
import os
import signal
import statistics
import sys
import time
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from deltalake import DeltaTable

HERE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(HERE / "tests"), str(HERE / "scripts")]

from stream import following  # noqa: E402
from stream.broker import broker, make_topic, send  # noqa: E402
from stream.shop import CONFIG, days_of_lines  # noqa: E402


def measured(output, seconds, every, warm_up):
    """Seconds from each message to its customer's segment, and of each batch."""
    with TemporaryDirectory() as place, broker(Path(place)) as address:
        make_topic(address, "lines", partitions=1)
        kafka = f"kafka: {{servers: ['{address}'], topic: lines, value: json}}, trigger_seconds: 0"
        config = Path(place, "settings.yaml")
        config.write_text(CONFIG.format(log="/nowhere", output=output).replace("max_files_per_trigger: 1", kafka))
        process = following.started(config, output)
        try:
            sent = _sent(address, warm_up, seconds, every, output)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=120)
    return _latencies(output, sent)


def _sent(address, warm_up, seconds, every, output):
    """By order, when its only line was sent. The history comes first, and is waited for."""
    days = days_of_lines()
    send(address, "lines", [(None, line.as_json()) for lines in days for line in lines])
    while not Path(output, "live", "customer_segments", "_delta_log").exists():
        time.sleep(1)
    time.sleep(warm_up)
    sent, last, until = {}, days[-1][0], time.time() + seconds
    while time.time() < until:
        order = f"TIMED-{len(sent)}"
        sent[order] = time.time()
        line = json.dumps({**last.__dict__, "line": order, "order": order, "who": f"c{len(sent) % 60}"})
        send(address, "lines", [(None, line.encode())])
        time.sleep(every)
    time.sleep(60)
    return sent


def _latencies(output, sent):
    timed = following.live(output, "orders").filter("order_id LIKE 'TIMED-%'")
    rows = timed.select("order_id, CAST(split_part(batch, ' ', 2) AS INT)").fetchall()
    history = DeltaTable(str(Path(output, "live", "customer_segments"))).history()
    commits = sorted(act["timestamp"] for act in history if act["operation"] == "MERGE")
    # Each batch of accepted lines makes one commit; the first batch, of the history, is number 0, and the last may have been cut off.
    latencies = sorted(commits[batch] / 1000 - sent[order] for order, batch in rows if batch < len(commits))
    return len(sent), latencies, [(after - before) / 1000 for before, after in pairwise(commits[1:])]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", required=True)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--every", type=float, default=0.5)
    parser.add_argument("--warm-up", type=float, default=60)
    asked = parser.parse_args()
    count, latencies, batches = measured(asked.output, asked.seconds, asked.every, asked.warm_up)
    p99 = latencies[min(len(latencies) - 1, int(0.99 * len(latencies)))]
    print(f"{count} messages, {len(latencies)} seen: median {statistics.median(latencies):.1f} s, p99 {p99:.1f} s")
    print(f"{len(batches)} batches: median {statistics.median(batches):.1f} s between commits; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
