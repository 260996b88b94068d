#!/usr/bin/env bash
# The public test sets of the benchmark (docs/benchmark/public.tsv): checks a folder against them, or
# collects their files from a folder of any layout by their SHA-256.
#
#   scripts/benchmark_split.sh check SET FOLDER
#   scripts/benchmark_split.sh collect SET FROM FOLDER
#
# SET is multitrack, piano, groove or orchestra. Exit status 1 where FOLDER is not exactly the set.
set -euo pipefail

list="$(dirname "$0")/../docs/benchmark/public.tsv"
usage() { sed -n '5,6s/^# *//p' "$0" >&2; exit 2; }

rows() { awk -F'\t' -v set="$1" 'NR > 1 && $1 == set { print $3 "\t" $2 }' "$list"; }

known_set() {
  if [ -z "$(rows "$1")" ]; then
    echo "benchmark_split: no set '$1'; there are: $(awk -F'\t' 'NR > 1 { print $1 }' "$list" |
      sort -u | tr '\n' ' ')" >&2
    exit 2
  fi
}

folder() {
  if [ ! -d "$1" ]; then echo "benchmark_split: $1 is not a folder" >&2; exit 1; fi
}

# SHA-256 and path of every file below a folder.
hashes() { find "$1" -type f -print0 | sort -z | xargs -0 -r sha256sum -z | tr '\0' '\n'; }

check() {
  local wrong=0 count=0 sha256 file found
  while IFS=$'\t' read -r sha256 file; do
    count=$((count + 1))
    if [ ! -f "$2/$file" ]; then
      echo "missing: $file"
      wrong=$((wrong + 1))
      continue
    fi
    found="$(sha256sum < "$2/$file")"
    if [ "${found%% *}" != "$sha256" ]; then
      echo "changed: $file"
      wrong=$((wrong + 1))
    fi
  done < <(rows "$1")
  while IFS= read -r file; do
    echo "not of the set: $file"
    wrong=$((wrong + 1))
  done < <(comm -23 <(cd "$2" && find . -type f -iname '*.mid' | sed 's|^\./||' | LC_ALL=C sort) \
                    <(rows "$1" | cut -f2 | LC_ALL=C sort))
  if [ "$wrong" -gt 0 ]; then
    echo "benchmark_split: $2 is not the set '$1' of $count files: differences: $wrong" >&2
    exit 1
  fi
  echo "$2 holds all $count files of the set '$1', and no other"
}

collect() {
  local sha256 file path
  mkdir -p "$3"
  declare -A at
  while read -r sha256 path; do at[$sha256]="$path"; done < <(hashes "$2")
  while IFS=$'\t' read -r sha256 file; do
    if [ -n "${at[$sha256]:-}" ]; then cp "${at[$sha256]}" "$3/$file"; fi
  done < <(rows "$1")
  check "$1" "$3"
}

case "${1:-}" in
  check) [ $# -eq 3 ] || usage; known_set "$2"; folder "$3"; check "$2" "$3" ;;
  collect) [ $# -eq 4 ] || usage; known_set "$2"; folder "$3"; collect "$2" "$3" "$4" ;;
  *) usage ;;
esac
