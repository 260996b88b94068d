#!/usr/bin/env bash
# Times sage-music beside llama.cpp and ONNX Runtime on this machine, interleaved: bench/runtimes/compare.sh [OPTIONS]
# Installs both from the npm registry into build/runtimes, makes models of random weights there, and prints a Markdown
# table. See README.md beside this file; --help lists the options.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$root/build/runtimes

die() {
  echo "compare: $*" >&2
  exit 1
}

[[ $(uname -sm) == "Linux x86_64" ]] || die "the packages of the other runtimes are for Linux on x86-64; this is $(uname -sm)"
command -v node >/dev/null && command -v npm >/dev/null ||
  die "needs node and npm (Debian packages nodejs and npm)"
[[ $(node -p 'process.versions.node.split(".")[0] >= 18') == true ]] || die "needs node 18 or newer; this is $(node --version)"
compiler=$(command -v "${CXX:-c++}") || die "needs a C++ compiler (Debian package g++)"

for argument in "$@"; do
  [[ $argument != --help ]] || exec node "$here/compare.mjs" --help
done

# The libraries, as package-lock.json pins them. No script of a package runs: nothing is fetched but the packages.
mkdir -p "$build"
if ! cmp -s "$here/package-lock.json" "$build/package-lock.json" || [[ ! -f $build/installed ]]; then
  rm -f "$build/installed"
  cp "$here/package.json" "$here/package-lock.json" "$build/"
  echo "compare: installing llama.cpp and ONNX Runtime into ${build#"$root"/}" >&2
  npm --prefix "$build" ci --ignore-scripts --no-audit --no-fund --fetch-retries 1 >"$build/npm.log" 2>&1 ||
    die "npm cannot install the runtimes (is the registry reachable?): $(grep -m 1 -i 'error' "$build/npm.log" || tail -n 1 "$build/npm.log")"
  touch "$build/installed"
fi

for name in llama_cpp onnx_runtime; do
  [[ $build/$name -nt $here/$name.cc && $build/$name -nt $here/timing.h ]] && continue
  echo "compare: compiling $name.cc" >&2
  "$compiler" -std=c++20 -O2 -o "$build/$name" "$here/$name.cc" -ldl || die "cannot compile $name.cc"
done

exec node "$here/compare.mjs" --build "$build" "$@"
