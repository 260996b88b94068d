#!/usr/bin/env bash
# Times two builds of the program, interleaved, so that a noisy machine affects both equally:
#   scripts/compare_builds.sh OLD_PROGRAM NEW_PROGRAM [ROUNDS [OPTIONS OF bench speed...]]
# Prints, for decoding and prefill, the best run of each in tokens a second, and the median, least and
# greatest of the rounds' ratios new / old.
set -euo pipefail
if [[ $# -lt 2 ]]; then
  sed -n 's/^# \{0,1\}//; 2,5p' "$0" >&2
  exit 2
fi
old=$1 new=$2 rounds=${3:-5}
shift $(($# < 3 ? $# : 3))
[[ $# -gt 0 ]] || set -- --shape base --type int8 --threads 2 --context 1024 --tokens 16 --repeats 20

results=$(mktemp)
trap 'rm -f "$results"' EXIT
for ((round = 1; round <= rounds; ++round)); do
  for side in old new; do
    "${!side}" bench speed "$@" | sed -n -E \
      "s/^(decode|prefill)_tokens_per_second: median ([0-9.]+), min [0-9.]+, max ([0-9.]+)$/$round $side \1 \2 \3/p"
  done
done >"$results"

awk '
  { median[$1, $2, $3] = $4; if ($5 > best[$2, $3]) best[$2, $3] = $5; if ($1 > rounds) rounds = $1 }
  END {
    split("decode prefill", kinds, " ")
    for (k = 1; k <= 2; ++k) {
      kind = kinds[k]
      for (r = 1; r <= rounds; ++r) ratio[r] = median[r, "new", kind] / median[r, "old", kind]
      for (i = 1; i <= rounds; ++i)
        for (j = i + 1; j <= rounds; ++j)
          if (ratio[j] < ratio[i]) { t = ratio[i]; ratio[i] = ratio[j]; ratio[j] = t }
      printf "%s: best %.0f old, %.0f new tokens/s; new / old %.2f (%.2f to %.2f) over %d rounds\n", kind,
        best["old", kind], best["new", kind], ratio[int((rounds + 1) / 2)], ratio[1], ratio[rounds], rounds
    }
  }' "$results"
