#!/usr/bin/env bash
# Installs the Debian packages that a job needs: scripts/install.sh run|test|page|music...
# Silent when all are there. Works as root or with sudo, and prints what to do without either.
set -euo pipefail

run_packages=(
  ca-certificates g++ cmake ninja-build
  libboost-dev libcli11-dev libexpected-dev libfluidsynth-dev librtmidi-dev libxxhash-dev libzstd-dev
  nlohmann-json3-dev
  fluid-soundfont-gm
)
test_packages=(
  dpf-source libbenchmark-dev libgl-dev libgloo-dev libgtest-dev libopenblas0-openmp
  librapidcheck-dev libtorch-dev libx11-dev lilv-utils pkg-config pybind11-dev python3-dev python3-numpy zstd
)
music_packages=(mma)  # band music for training, docs/band-music.md

page_packages=(nodejs npm)  # the page of sage-music serve, docs/page.md

say() { echo "install: $*" >&2; }

packages=()
for job in "$@"; do
  case $job in
    run) packages+=("${run_packages[@]}") ;;
    test) packages+=("${test_packages[@]}") ;;
    music) packages+=("${music_packages[@]}") ;;
    page) command -v npm >/dev/null || packages+=("${page_packages[@]}") ;;
    *) say "unknown job '$job' (known: run, test, page, music)"; exit 2 ;;
  esac
done

[[ ${#packages[@]} -gt 0 ]] || exit 0
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  say "this is no Debian system; make sure that you have what these packages hold: ${packages[*]}"
  exit 0
fi

is_installed() { [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }
missing=()
for package in "${packages[@]}"; do
  is_installed "$package" || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    say "these packages are missing, and there is no sudo here; as root, run:"
    say "  apt-get update && apt-get install --no-install-recommends ${missing[*]}"
    exit 1
  fi
  as_root=(sudo)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" \
    </dev/null >>"$log" 2>&1
}
install_missing() { apt install --no-install-recommends "${missing[@]}"; }

say "installing ${missing[*]}"
# The package lists of a fresh machine are empty, those of an old one stale; only then fetch them.
if ! install_missing; then
  say "fetching the package lists"
  if ! apt update || ! install_missing; then
    tail -n 20 "$log" >&2
    say "could not install the packages; the end of what apt-get said stands above"
    exit 1
  fi
fi
say "done"
