#!/usr/bin/env bash
# The walk of a note in docs/architecture.md names functions as `FILE:FUNCTION`: each must be defined or
# declared in that file.
#   walk.sh SOURCE_FOLDER
set -euo pipefail
cd "$1"
failures=0 count=0
while IFS=: read -r file name; do
  count=$((count + 1))
  if [[ ! -f $file ]]; then
    echo "docs/architecture.md names $file, which is not there"
    failures=1
  elif ! grep -qE "(^|[ :*&])$name\\(" "$file"; then
    echo "docs/architecture.md names $name, which is not in $file"
    failures=1
  fi
done < <(grep -oE '`src/[a-z_/0-9]+\.(h|cc):[a-z_0-9]+`' docs/architecture.md | tr -d '`' | sort -u)
[[ $count -ge 10 ]] || { echo "only $count functions are named in docs/architecture.md"; exit 1; }
# Folders and files that the two pages name must exist.
while read -r path; do
  [[ -e $path ]] || { echo "CONTRIBUTING.md or docs/architecture.md names $path, which is not there"; failures=1; }
done < <(grep -ohE '`(src|apps|tests|bench|fuzz|scripts|cmake|include|examples)/[A-Za-z0-9_./-]*`' CONTRIBUTING.md docs/architecture.md |
  tr -d '`' | grep -v 'WORD\|FAMILY' | sort -u)
[[ $failures -eq 0 ]] && echo "$count functions and all folders that the pages name are there"
exit "$failures"
