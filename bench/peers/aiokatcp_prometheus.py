#!/usr/bin/env python3
"""The sensors of one device for Prometheus, as bridges in Python do it: aiokatcp_prometheus.py PORT-OF-DEVICE

aiokatcp's SensorWatcher mirrors the sensors; each scrape is a loop over them into prometheus_client. Exports value, status,
time and info of each. Prints "listening on HOST:PORT" when all sensors are there.
"""
import asyncio
import sys

import aiokatcp
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily

VALID = (aiokatcp.Sensor.Status.NOMINAL, aiokatcp.Sensor.Status.WARN, aiokatcp.Sensor.Status.ERROR)


class Collector:
    def __init__(self, watcher):
        self.watcher = watcher

    def collect(self):
        labels = ["device", "sensor"]
        value = GaugeMetricFamily("katcp_sensor_value", "The value of a sensor.", labels=labels)
        status = GaugeMetricFamily("katcp_sensor_status", "The status of a sensor.", labels=labels)
        timestamp = GaugeMetricFamily("katcp_sensor_timestamp_seconds", "The time of the reading.", labels=labels)
        info = InfoMetricFamily("katcp_sensor", "Type, units and description.", labels=labels)
        for sensor in list(self.watcher.sensors.values()):
            names = ["m000", sensor.name]
            reading = sensor.reading
            if reading.status in VALID and isinstance(reading.value, (int, float)):
                value.add_metric(names, reading.value)
            status.add_metric(names, reading.status.value)
            timestamp.add_metric(names, reading.timestamp)
            info.add_metric(names, {"type": sensor.type_name, "units": sensor.units, "description": sensor.description})
        return [value, status, timestamp, info]


async def main():
    client = aiokatcp.Client("127.0.0.1", int(sys.argv[1]))
    watcher = aiokatcp.SensorWatcher(client)
    client.add_sensor_watcher(watcher)
    await watcher.synced.wait()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector(watcher))
    server, _ = start_http_server(0, "127.0.0.1", registry)
    print(f"listening on http://127.0.0.1:{server.server_port}/metrics", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
