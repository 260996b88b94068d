#!/usr/bin/env bash
# Shows that the build enforces the layers: every pair of layers is tried with the include directories
# that the build gives the first. A header of the second must be found exactly when the first may see it.
#   layers.sh COMPILER LAYERS_FILE SOURCE_FOLDER
set -euo pipefail
compiler=$1 list=$2 source=$3

# The shallowest header of a layer, as others include it.
header_of() {
  (cd "$source/src" && find "$1" -maxdepth 1 -name '*.h' | sort | head -n 1)
}

failures=0 allowed=0 forbidden=0
while IFS='|' read -r layer visible directories; do
  flags=()
  for directory in $directories; do flags+=(-I "$directory"); done
  while IFS='|' read -r other _; do
    header=$(header_of "$other")
    [[ -n $header ]] || continue
    if echo "#include \"$header\"" |
      "$compiler" -std=c++20 -E -x c++ "${flags[@]}" -o /dev/null - 2>/dev/null; then
      found=yes
    else
      found=no
    fi
    if [[ " $visible " == *" $other "* ]]; then
      allowed=$((allowed + 1))
      [[ $found == yes ]] || { echo "$layer names $other but cannot include $header"; failures=1; }
    else
      forbidden=$((forbidden + 1))
      [[ $found == no ]] || { echo "$layer can include $header, a layer it does not name"; failures=1; }
    fi
  done <"$list"
done <"$list"

echo "$allowed pairs of layers may see each other, $forbidden may not"
[[ $forbidden -gt 0 && $allowed -gt 0 ]] || { echo "nothing was tried"; exit 1; }
exit "$failures"
