#!/bin/sh
# Runs one Apache Kafka broker (KRaft, single node) until standard input closes, then kills it with SIGKILL and removes its
# folder, unless the last word was `keep`: then it can be run again with what it had.
# The harness holds the other end of that pipe, so the broker goes with it however it ends.
# Usage: run.sh JARS FOLDER PORT CONTROLLER_PORT; a server.properties that is in FOLDER already is used as it is, and lines of a
# more.properties are added to the usual ones.
set -eu
jars=$1 folder=$2 port=$3 controller=$4
here=$(cd "$(dirname "$0")" && pwd)

[ -e "$folder/more.properties" ] || : >"$folder/more.properties"
[ -e "$folder/server.properties" ] || cat - "$folder/more.properties" >"$folder/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$folder/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
log.cleaner.dedupe.buffer.size=16777216
PROPERTIES

# Small, and quick to start rather than quick at its peak; the variable gives a benchmark more.
options="${YUJING_TEST_KAFKA_OPTIONS:--Xms128m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1}"
logging="-Dlog4j2.configurationFile=$here/log4j2.properties"

if [ ! -e "$folder/data/meta.properties" ]; then
    # shellcheck disable=SC2086 # the options are several words
    java $options "$logging" -cp "$jars/*" kafka.tools.StorageTool format -t eXVqaW5nLXRlc3QtMTIzNA \
        -c "$folder/server.properties" >"$folder/format.log" 2>&1
fi
# shellcheck disable=SC2086
java $options "$logging" -cp "$jars/*" kafka.Kafka "$folder/server.properties" >"$folder/broker.log" 2>&1 </dev/null &
broker=$!
echo "$broker" >"$folder/broker.pid"
order=$(cat)
kill -9 "$broker" 2>/dev/null || true
wait "$broker" 2>/dev/null || true
[ "$order" = keep ] || rm -rf "$folder"
