"""Publishes JSON Lines: python producer.py BROKERS TOPIC < events.jsonl (needs confluent-kafka)."""
import json
import sys

from confluent_kafka import Producer

brokers, topic = sys.argv[1:3]
producer = Producer({
    "bootstrap.servers": brokers,
    "acks": "all",
    "enable.idempotence": True,  # retries neither double nor reorder
    "compression.type": "zstd",
    "partitioner": "murmur2_random",  # the library's own default differs from Java's
})
failures = 0


def delivered(error, record):
    global failures
    if error is not None:
        failures += 1
        print(f"{record.key().decode()} was not delivered: {error}", file=sys.stderr)


try:
    for line in sys.stdin.buffer:
        operator_id = json.loads(line)["operator_id"]
        if not isinstance(operator_id, str) or not operator_id:
            raise ValueError("an event has no operator_id")
        while True:
            try:
                producer.produce(topic, key=operator_id, value=line.strip(), on_delivery=delivered,
                                 headers={"content-type": "application/json"})
                break
            except BufferError:  # the queue is full: wait until some records are delivered
                producer.poll(1)
        producer.poll(0)
finally:
    producer.flush()  # waits until every record is delivered or given up
sys.exit(1 if failures else 0)
