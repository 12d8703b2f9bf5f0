#!/bin/sh
# Verifies every file of site/ against its checksum once a second, as many times as the argument says.
set -eu
rounds=$1
round=1
while [ "$round" -le "$rounds" ]; do
  (cd site && cksum ./*.html) | cmp - site/checksums || {
    echo "FAILED in round $round: a file of site/ has changed"
    exit 1
  }
  echo "round $round of $rounds: every file is as it was built"
  round=$((round + 1))
  sleep 1
done
