#!/bin/sh
# Makes a Python environment with the HTTP fuzzer schemathesis in the cache, and prints its command. Does nothing if it is
# there. Needs Python 3.10 with venv; about 70 MB.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
version=$(sed -n 's/^schemathesis==//p' "$here/requirements.txt")
folder="${XDG_CACHE_HOME:-$HOME/.cache}/yujing/schemathesis-$version"

# An environment cannot be moved, so it is made in its place, by one process at a time where the system can lock.
mkdir -p "$(dirname "$folder")"
if command -v flock >/dev/null 2>&1; then
    exec 9>"$folder.lock"
    flock 9
fi
if ! cmp -s "$here/requirements.txt" "$folder/.complete"; then
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        echo "The tests run an HTTP fuzzer: Python 3 with venv is missing." >&2
        echo "Install it (Debian: apt-get install python3-venv)." >&2
        exit 1
    fi
    echo "Fetching schemathesis $version with pip into $folder ..." >&2
    python3 -m venv "$folder" >&2
    "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" >&2
    cp "$here/requirements.txt" "$folder/.complete"
fi
echo "$folder/bin/schemathesis"
