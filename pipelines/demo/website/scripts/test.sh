#!/bin/sh
# Checks that every page has a title and a footer, and that every link leads somewhere.
set -eu
failed=0
complain() {
  echo "FAILED $1"
  failed=1
}
for page in site/*.html; do
  grep -q '<h1>..*</h1>' "$page" || complain "$page has no title"
  grep -q 'Built from commit' "$page" || complain "$page does not say what it was built from"
  for link in $(grep -o 'href="[^"]*"' "$page" | cut -d '"' -f 2); do
    test -f "site/$link" || complain "$page links to $link, which is not there"
  done
  echo "checked $page"
done
exit "$failed"
