#!/usr/bin/env bash
# Makes a site of these pages with mdBook, in target/site: bash docs/build.sh [BASE]
#
# Links that leave docs/ lead to files of the repository at BASE, for example https://HOST/OWNER/REPOSITORY/blob/REVISION; without
# one to those of this checkout.
set -euo pipefail
cd "$(dirname "$0")/.."
base="${1:-file://$PWD}"
pages=target/pages
site="$PWD/target/site"

rm -rf "$pages" "$site"
mkdir -p "$pages/src"
cp docs/book.toml "$pages"
cp docs/notebook.ipynb "$pages/src"
for page in docs/*.md; do
  # mdBook would make README.html of ../README.md, which is no page of its.
  sed -E "s#\]\(\.\./#](${base}/#g" "$page" >"$pages/src/$(basename "$page")"
done
mdbook build "$pages" --dest-dir "$site"

# Every link within the site leads to a file of it.
broken=0
for page in "$site"/*.html; do
  for target in $(grep -oE 'href="[^":]+"' "$page" | cut -d'"' -f2 | cut -d'#' -f1 | sort -u); do
    [ -e "$site/$target" ] || { printf '%s: %s\n' "$(basename "$page")" "$target" >&2; broken=1; }
  done
done
exit $broken
