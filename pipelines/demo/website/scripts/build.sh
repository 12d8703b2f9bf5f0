#!/bin/sh
# Builds every text of pages/ into site/, with the commit in its footer.
set -eu
rm -rf site
mkdir site
count=0
for page in pages/*.txt; do
  name=$(basename "$page" .txt)
  title=$(head -n 1 "$page")
  {
    sed -e "s|@TITLE@|$title|" parts/header.html
    tail -n +2 "$page" | sed -e 's|^$|</p><p>|'
    sed -e "s|@COMMIT@|${COMMIT_ID:-none}|" parts/footer.html
  } > "site/$name.html"
  echo "built site/$name.html: $title"
  count=$((count + 1))
done
(cd site && cksum ./*.html > checksums)
export PAGES="$count"
echo "$PAGES pages"
