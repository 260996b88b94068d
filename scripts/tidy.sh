#!/usr/bin/env bash
# Runs clang-tidy over source files, all of src and apps by default, with the compile commands of a
# build folder, build/dev by default: scripts/tidy.sh [-p BUILD_FOLDER] [FILE...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=build/dev
if [[ ${1:-} == -p ]]; then
  build=$2
  shift 2
fi
command -v clang-tidy >/dev/null || { echo "tidy: install the Debian package clang-tidy" >&2; exit 1; }
[[ -f $build/compile_commands.json ]] || { echo "tidy: run scripts/build.sh dev first" >&2; exit 1; }
if [[ $# -eq 0 ]]; then
  mapfile -t files < <(find src apps -name '*.cc' ! -path '*/isa/*' | sort)
  set -- "${files[@]}"
fi
printf '%s\0' "$@" | xargs -0 -n 1 -P "$(nproc)" clang-tidy -p "$build" --quiet
