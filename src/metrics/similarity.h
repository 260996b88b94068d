// NMSI, the normalised musical similarity index of an output to what the composer wrote, and its
// four terms.
//
//   NMSI(g, r) = 100 * (sim_chr + sim_grv + (1 - dist_SSM) + (1 - dist_ND)) / 4
//
// Bars are aligned one to one; what one piece has and the other has not (a bar, or the end of a
// longer bar) scores 0. The index is symmetric, 100 for equal pieces and at least 0. Its values are
// this project's own: the exact normalisation of the paper that names it is not public.
#pragma once

#include <span>

#include "metrics/features.h"

namespace sage {

/// The four terms, each 1 for equal pieces and at least 0.
struct Similarity {
  /// Mean over bars of the cosine of onset counts by pitch class, pitched notes (chroma similarity;
  /// Wu and Yang, MuseMorphose, 2021).
  double chroma = 0;
  /// Mean over bars of the cosine of onset counts by position, all notes (grooving similarity;
  /// MuseMorphose).
  double groove = 0;
  /// 1 - the mean absolute difference of the self-similarity matrices, which hold the cosines of
  /// the chroma of sounding pitched notes of any two half beats (Agarwal et al., StructurePE,
  /// 2024). To six places.
  double structure = 0;
  /// 1 - the mean over sixteenths of |n_g - n_r| / max(n_g, n_r, 1), n = sounding notes.
  double density = 0;

  double nmsi() const { return 100.0 * (chroma + groove + structure + density) / 4.0; }
};

/// Cosine of two silent bars (or cells): 1; of a silent one and another: 0.
Similarity similarity(const Features& output, const Features& reference);

/// The energy score of several takes X of one task against what the composer wrote, R:
///
///   E d(X, R) - E d(X, X') / 2      with d = 100 - NMSI
///
/// X and X' are different takes. A proper score as far as d allows (Gneiting and Raftery 2007): its
/// expectation is least for a system whose takes are distributed as composers' answers are, so that
/// neither one safe answer again and again nor takes of any kind win. Lower is better.
struct EnergyScore {
  double score = 0;
  double to_reference = 0;  // E d(X, R)
  double between = 0;       // E d(X, X')
};
/// Precondition: two takes or more.
EnergyScore energy_score(std::span<const Features> takes, const Features& reference);

/// The mean cosine of the chroma of two different half beats of a piece: how much it stays with its
/// harmonies. NaN with fewer than two.
double self_similarity(const Features& features);

}  // namespace sage
