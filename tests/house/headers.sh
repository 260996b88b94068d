#!/usr/bin/env bash
# Public and internal headers. A header whose opening comment says "Internal to LAYER" is included by that
# layer and its tests alone. Embedding programs (examples/) include <sage/...> alone, and include/sage/
# names no internal header.
#   headers.sh SOURCE_FOLDER
set -euo pipefail
cd "$1"
failures=0 internal=0
complain() { echo "$1"; failures=1; }

while IFS= read -r header; do
  opening=$(sed '/^#pragma once/q' "$header" | tr '\n' ' ')
  layer=${header#src/}
  layer=${layer%%/*}
  [[ $opening != *"Private to"* ]] || complain "$header: say \"Internal to $layer\""
  [[ $opening =~ Internal\ to\ (//\ )?([a-z_]+) ]] || continue
  internal=$((internal + 1))
  [[ ${BASH_REMATCH[2]} == "$layer" ]] || complain "$header: is internal to ${BASH_REMATCH[2]}, and stands in $layer"
  outside=$(grep -rlE --include='*.h' --include='*.cc' "#include [\"<]${header#src/}[\">]" src apps tests bench fuzz examples include |
    grep -vE "^(src|tests)/$layer/" || true)
  [[ -z $outside ]] || complain "$header is internal to $layer, and included by: $(paste -sd' ' <<<"$outside")"
done < <(find src -name '*.h' | sort)
[[ $internal -gt 5 ]] || complain "only $internal internal headers found"

foreign=$(grep -rnE '#include "' examples --include='*.cc' || true)
[[ -z $foreign ]] || complain "examples include <sage/...> alone: $foreign"
[[ $failures -eq 0 ]] && echo "$internal internal headers stay in their layers"
exit "$failures"
