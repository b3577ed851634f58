"""A Kafka broker of one process (KRaft), on this machine's loopback address alone."""

import base64
import os
import socket
import subprocess
import time
import uuid
from contextlib import closing, contextmanager

import pytest
from jars import SPARK, jars
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

STARTS_WITHIN_SECONDS = 90
_HEAP = ("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")

PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker}
controller.listener.names=CONTROLLER
log.dirs={folder}/messages
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
"""


@contextmanager
def broker(folder):
    """Address of a broker that keeps its messages in a folder; stopped in the end, whatever happens."""
    ports = {"broker": _free_port(), "controller": _free_port()}
    settings, log = folder / "server.properties", folder / "broker.log"
    settings.write_text(PROPERTIES.format(folder=folder, **ports))
    _java(log, "kafka.tools.StorageTool", "format", "-t", _cluster_id(), "-c", str(settings)).wait(STARTS_WITHIN_SECONDS)
    process = _java(log, "kafka.Kafka", str(settings))
    address = f"127.0.0.1:{ports['broker']}"
    try:
        _wait_for(ports["broker"], process, log)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def make_topic(address, name, partitions=2):
    """A topic of so many partitions."""
    with closing(KafkaAdminClient(bootstrap_servers=address)) as admin:
        admin.create_topics([NewTopic(name, partitions, 1)])


def send(address, topic, messages):
    """Messages, each a pair of key and value; either may be None."""
    with closing(KafkaProducer(bootstrap_servers=address, linger_ms=20)) as producer:
        for key, value in messages:
            producer.send(topic, key=key, value=value)
        producer.flush()


def _java(log, *command):
    # Spark's resolver takes Scala's own library for granted.
    classpath = os.pathsep.join([*jars("kafka-broker"), *map(str, (SPARK / "jars").glob("scala-library-*.jar"))])
    with log.open("a") as output:
        return subprocess.Popen(["java", *_HEAP, "-cp", classpath, *command], stdout=output, stderr=output, start_new_session=True)


def _cluster_id():
    """22 letters of base 64, as Kafka wants them."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def _free_port():
    with socket.socket() as connection:
        connection.bind(("127.0.0.1", 0))
        return connection.getsockname()[1]


def _wait_for(port, process, log):
    until = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as connection:
            if connection.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    pytest.fail(f"the broker never answered:\n{log.read_text()[-3000:]}")
