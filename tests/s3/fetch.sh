#!/bin/sh
# Makes a Python environment with moto, a server that speaks S3, in the cache, and prints its program.
# Does nothing if it is there. Needs Python 3 with venv; about 140 MB.
set -eu
version=5.2.5
folder="${XDG_CACHE_HOME:-$HOME/.cache}/yujing/moto-$version"

# An environment cannot be moved, so it is made in its place, by one process at a time where the system can lock.
mkdir -p "$(dirname "$folder")"
if command -v flock >/dev/null 2>&1; then
    exec 9>"$folder.lock"
    flock 9
fi
if [ ! -e "$folder/.complete" ]; then
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        echo "The tests store photographs in an object store: Python 3 with venv is missing." >&2
        echo "Install it (Debian: apt-get install python3-venv)." >&2
        exit 1
    fi
    echo "Fetching moto $version with pip into $folder ..." >&2
    python3 -m venv "$folder" >&2
    "$folder/bin/pip" install --quiet --disable-pip-version-check "moto[s3]==$version" flask==3.1.3 flask-cors==6.0.5 >&2
    touch "$folder/.complete"
fi
echo "$folder/bin/moto_server"
