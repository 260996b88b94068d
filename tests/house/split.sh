#!/usr/bin/env bash
# The list of the benchmark's public test sets is well formed, and its script finds what is wrong.
#   split.sh SOURCE_FOLDER
set -euo pipefail
list="$1/docs/benchmark/public.tsv"
script="$1/scripts/benchmark_split.sh"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

fail() { echo "$1" >&2; exit 1; }
# expect STATUS TEXT ARGUMENT...: the script ends so and prints so.
expect() {
  local status=0 output
  output="$("$script" "${@:3}" 2>&1)" || status=$?
  [[ $status -eq $1 && $output == *"$2"* ]] || fail "${*:3}: status $status, $output"
}

bad="$(awk -F'\t' 'NF != 7 || $5 == "" ||
  (NR > 1 && (length($3) != 64 || $3 ~ /[^0-9a-f]/ || $6 !~ /^https:/))' "$list" | head -3)"
[[ -z $bad ]] || fail "lines of $list that are not well formed: $bad"
double="$(cut -f1,2 "$list" | sort | uniq -d)"
[[ -z $double ]] || fail "twice in $list: $double"

count="$(grep -c '^orchestra' "$list")"
expect 1 "missing: " check orchestra "$folder"
[[ $("$script" check orchestra "$folder" 2>/dev/null | grep -c '^missing') -eq $count ]] ||
  fail "not all missing files are named"
file="$(grep '^orchestra' "$list" | head -1 | cut -f2)"
echo other >"$folder/$file"
echo other >"$folder/mine.mid"
expect 1 "changed: $file" check orchestra "$folder"
expect 1 "not of the set: mine.mid" check orchestra "$folder"
expect 1 "missing: " collect orchestra "$folder" "$folder/new"
expect 2 "no set 'nothing'" check nothing "$folder"
expect 1 "is not a folder" check orchestra "$folder/nowhere"
expect 2 "check SET FOLDER" check
echo "the public sets are well formed"
