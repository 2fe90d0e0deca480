#!/bin/sh
# Copies the jars of the Apache Kafka test broker (tests/kafka/pom.xml) into the cache and prints the folder.
# Does nothing if they are there. Needs Java 17 or newer and Maven; about 110 MB.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
version=$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' "$here/pom.xml")
folder="${XDG_CACHE_HOME:-$HOME/.cache}/yujing/kafka-$version"

if [ -e "$folder/.complete" ]; then
    echo "$folder"
    exit 0
fi
for tool in java mvn; do
    if ! command -v "$tool" >/dev/null 2>&1; then
        echo "The tests run against a real Apache Kafka, which needs Java 17 and Maven: '$tool' is missing." >&2
        echo "Install them (Debian: apt-get install openjdk-17-jre-headless maven)," >&2
        echo "or set YUJING_TEST_KAFKA=host:port to use a broker that runs already." >&2
        exit 1
    fi
done

mkdir -p "$(dirname "$folder")"
# Another process may be fetching too: each works in a folder of its own, the first to finish wins.
work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "Fetching Apache Kafka $version with Maven into $folder ..." >&2
mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$work/jars" >&2
mkdir -p "$folder"
[ -d "$folder/jars" ] || mv "$work/jars" "$folder/jars"
touch "$folder/.complete"
echo "$folder"
