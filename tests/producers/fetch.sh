#!/bin/sh
# Makes a Python environment with what schemas/producers/producer.py needs in the cache, and prints the interpreter.
# Does nothing if it is there. Needs Python 3 with venv; about 30 MB.
set -eu
version=2.16.1
folder="${XDG_CACHE_HOME:-$HOME/.cache}/yujing/confluent-kafka-$version"

# An environment cannot be moved, so it is made in its place, by one process at a time where the system can lock.
mkdir -p "$(dirname "$folder")"
if command -v flock >/dev/null 2>&1; then
    exec 9>"$folder.lock"
    flock 9
fi
if [ ! -e "$folder/.complete" ]; then
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        echo "The tests run the published Python producer: Python 3 with venv is missing." >&2
        echo "Install it (Debian: apt-get install python3-venv)." >&2
        exit 1
    fi
    echo "Fetching confluent-kafka $version with pip into $folder ..." >&2
    python3 -m venv "$folder" >&2
    "$folder/bin/pip" install --quiet --disable-pip-version-check "confluent-kafka==$version" >&2
    touch "$folder/.complete"
fi
echo "$folder/bin/python"
