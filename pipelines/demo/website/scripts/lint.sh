#!/bin/sh
# Checks the texts: no tabs, no spaces at the ends of lines, no line over 80 characters.
set -eu
failed=0
for page in pages/*.txt; do
  if grep -n "$(printf '\t')" "$page" || grep -n ' $' "$page" || grep -n '.\{81\}' "$page"; then
    echo "FAILED $page"
    failed=1
  else
    echo "clean $page"
  fi
done
exit "$failed"
