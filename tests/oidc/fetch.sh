#!/bin/sh
# Installs the identity provider of the tests in the cache, as the lock file names it, and prints the folder. Does nothing if it
# is there. Needs Node and npm; about 6 MB.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
version=$(sed -n 's/.*"oidc-provider": "\(.*\)".*/\1/p' "$here/package.json")
folder="${XDG_CACHE_HOME:-$HOME/.cache}/yujing/oidc-provider-$version"

mkdir -p "$folder"
if command -v flock >/dev/null 2>&1; then
    exec 9>"$folder.lock"
    flock 9
fi
if ! cmp -s "$here/package-lock.json" "$folder/.complete"; then
    if ! command -v npm >/dev/null 2>&1; then
        echo "The tests run an identity provider: Node and npm are missing (Debian: apt-get install nodejs npm)." >&2
        exit 1
    fi
    echo "Fetching oidc-provider $version with npm into $folder ..." >&2
    cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$folder"
    (cd "$folder" && npm ci --ignore-scripts --prefer-offline --no-progress >&2)
    cp "$here/package-lock.json" "$folder/.complete"
fi
cp "$here/provider.mjs" "$folder"
echo "$folder"
