#!/usr/bin/env bash
# No two parts of a layer need each other. A part is a header with its source file; it needs the parts whose
# headers it includes. tsort finds the cycles.
#   cycles.sh SOURCE_FOLDER
set -euo pipefail
cd "$1/src"

# Layers whose cycles are known and not yet taken apart. None may be added.
known=(generate)

# The pairs "part part" of a layer, one an include.
pairs_of() {
  grep -rE --include='*.h' --include='*.cc' "^ *#include \"$1/[^\"]+\"" "$1" |
    sed -E 's/^([^:]+)\.(h|cc):[^"]*"([^"]+)\.h".*$/\1 \3/' | awk '$1 != $2' | sort -u
}
# The parts of one cycle, or nothing.
cycle_in() { (tsort 2>&1 >/dev/null || true) | sed -n 's/^tsort: \([^ :]*\)$/\1/p' | paste -sd" "; }

[[ -n $(printf 'a/x a/y\na/y a/z\na/z a/x\n' | cycle_in) ]] || { echo "a planted cycle is not found"; exit 1; }

failures=0 layers=0 pairs=0
for folder in */; do
  layer=${folder%/}
  includes=$(pairs_of "$layer" || true)
  layers=$((layers + 1))
  [[ -n $includes ]] || continue
  pairs=$((pairs + $(wc -l <<<"$includes")))
  cycle=$(cycle_in <<<"$includes")
  if [[ " ${known[*]} " == *" $layer "* ]]; then
    [[ -n $cycle ]] || { echo "$layer has no cycle any more: take it out of the list in cycles.sh"; failures=1; }
  elif [[ -n $cycle ]]; then
    echo "$layer: these parts need each other: $cycle"
    failures=1
  fi
done
[[ $pairs -gt 100 ]] || { echo "only $pairs includes inside layers found"; exit 1; }
[[ $failures -eq 0 ]] && echo "no cycle among $pairs includes inside $layers layers"
exit "$failures"
