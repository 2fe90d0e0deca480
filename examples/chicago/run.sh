#!/bin/sh
# Chicago's open data from CSV files to a ranked list: topics, mappings, engine, list. Ends by itself.
# Usage: examples/chicago/run.sh [HOST:PORT of a Kafka broker; without it the test broker is started, and thrown away]
#
#   YUJING_CHICAGO_DATA  the folder with operators.csv, inspections.csv, visits.csv and sanitation_311.csv;
#                        without it ./data, else the folder shared/data/chicago beside the repository
#   YUJING               the program; without it it is built
#   YUJING_LANG          zh or en, the language of the list
set -eu
cd "$(dirname "$0")"
here=$(pwd)
repository=$(cd ../.. && pwd)
say() { printf '\n== %s\n' "$*"; }

data=${YUJING_CHICAGO_DATA:-data}
[ -n "${YUJING_CHICAGO_DATA:-}" ] || [ -e data ] || data=$repository/../shared/data/chicago
for table in operators inspections visits sanitation_311; do
    if ! [ -r "$data/$table.csv" ]; then
        echo "$data/$table.csv is missing. Set YUJING_CHICAGO_DATA to the folder with the data; README.md says which." >&2
        exit 1
    fi
done
# The mappings and replay.toml read the data under the name `data`.
if [ "$data" != data ]; then
    [ -L data ] || [ ! -e data ] || { echo "$here/data is there already, and is not $data" >&2; exit 1; }
    ln -sfn "$(cd "$data" && pwd)" data
fi

if [ -z "${YUJING:-}" ]; then
    say "Building (the first time about 20 minutes)"
    (cd "$repository" && cargo build --release --bin yujing)
    YUJING=${CARGO_TARGET_DIR:-$repository/target}/release/yujing
fi

engine=
work=$(mktemp -d)
# Whatever happens, the engine stops, and the broker with it: it lives as long as its standard input is open.
trap '[ -z "$engine" ] || kill "$engine" 2>/dev/null || true; exec 9>&-; rm -rf "$work"' EXIT INT TERM

broker=${1:-}
if [ -z "$broker" ]; then
    say "Starting a Kafka broker for this run"
    jars=$(sh "$repository/tests/kafka/fetch.sh")/jars
    broker=127.0.0.1:19092
    mkfifo "$work/lifeline"
    mkdir "$work/broker"
    sh "$repository/tests/kafka/run.sh" "$jars" "$work/broker" 19092 19093 <"$work/lifeline" &
    exec 9>"$work/lifeline"
fi
export YUJING__KAFKA__BOOTSTRAP_SERVERS="$broker"
listen=${YUJING__SERVER__LISTEN:-127.0.0.1:19464}
export YUJING__SERVER__LISTEN="$listen"

say "Checking schemas and rules"
"$YUJING" check
say "Creating topics"
tries=0
until "$YUJING" topics --create >"$work/topics" 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 20 ] || { cat "$work/topics" >&2; exit 1; }
    sleep 1
done
tail -n 1 "$work/topics"

say "Publishing"
"$YUJING" publish operators --sql mappings/operators.sql --table data/operators.csv | tee "$work/published"
"$YUJING" publish inspections --sql mappings/inspections.sql --table data/inspections.csv | tee -a "$work/published"
"$YUJING" publish visits --sql mappings/visits.sql --table data/visits.csv | tee -a "$work/published"
"$YUJING" publish sanitation --sql mappings/sanitation.sql --table data/sanitation_311.csv --table data/operators.csv |
    tee -a "$work/published"
published=$(awk '{ sum += $1 } END { print sum }' "$work/published")

say "Scoring $published events (a few minutes)"
"$YUJING" run 2>"$work/engine.log" &
engine=$!
metrics() { curl -fsS "http://$listen/metrics" 2>/dev/null || true; }
while :; do
    kill -0 "$engine" 2>/dev/null || { tail -n 20 "$work/engine.log" >&2; exit 1; }
    metrics >"$work/metrics"
    taken=$(awk '/^yujing_events_total/ { sum += $2 } END { print sum + 0 }' "$work/metrics")
    [ "$taken" -lt "$published" ] || break
    sleep 1
done
awk -F'[{}" ,=]+' '/^yujing_events_total/ && $NF > 0 { print $5 ": " $NF " " $3 }' "$work/metrics" | sort

say "The highest scores"
kill "$engine"
wait "$engine" || true
engine=
"$YUJING" scores --top 10
