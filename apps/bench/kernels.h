// The kernels of one decoding step, each by itself, beside the speed at which the same threads read
// as much memory and do nothing with it.
#pragma once

#include "apps/shared/cli.h"
#include "generate/engine.h"
#include "nn/team.h"

namespace sage::cli {

/// Bytes a second that the team reads of memory of this size, again and again; the best of several
/// runs. What fits the caches comes from them, as weights and caches do while decoding.
double read_bandwidth(const KernelTable& kernels, Team& team, std::size_t bytes);

/// A row for each kind of kernel, through all layers: bytes, microseconds (best of several runs),
/// bytes a second, and the share of the time that reading the bytes once would take. The cache
/// holds `context` tokens.
Json bench_kernels(const Engine& engine, const KvCache& cache, int context, Team& team);

}  // namespace sage::cli
