#!/usr/bin/env bash
# Configures (once) and builds a preset of CMakePresets.json: scripts/build.sh PRESET
# Silent when nothing changed. All messages go to standard error.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=$1
build=build/$preset

# A build folder that came along with a moved or copied tree would build the old tree.
if [[ -f $build/CMakeCache.txt ]] &&
  ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$build/CMakeCache.txt"; then
  rm -rf "$build"
fi

if [[ ! -f $build/build.ninja ]]; then
  echo "build: configuring $build" >&2
  mkdir -p "$build"
  if ! cmake --preset "$preset" >"$build/configure.log" 2>&1; then
    cat "$build/configure.log" >&2
    exit 1
  fi
fi
if ! ninja -C "$build" -n 2>/dev/null | grep -q "no work to do"; then
  echo "build: building $build" >&2
  NINJA_STATUS="[%f/%t, %es] " ninja -C "$build" >&2
fi
