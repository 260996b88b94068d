// Which pieces are the same music: fingerprints for copies, MinHash for near-duplicates. Internal
// to data.
//
// All of it is blind to transposition, to tempo, and to note values that are all longer by one
// factor. A fingerprint covers every note's onset, pitch and program. A signature estimates the
// Jaccard similarity of two pieces' sets of shingles: five successive notes of the highest voice,
// or of the lowest, as intervals and ratios of the gaps between their onsets.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "score/score.h"

namespace sage {

inline constexpr int kSignatureSize = 128;
/// The low 16 bits of each minimum (b-bit minwise hashing, Li and Koenig 2010).
using Signature = std::array<std::uint16_t, kSignatureSize>;

struct Likeness {
  std::uint64_t fingerprint = 0;
  /// Distinct shingles; with fewer than kFewestShingles the signature is not reliable.
  std::uint32_t shingles = 0;
  Signature signature = {};
};
inline constexpr std::uint32_t kFewestShingles = 24;

/// Precondition: the score has notes.
Likeness likeness_of(const Score& score);

/// The hashes of a score's shingles, ascending, each once. For likeness_of and its test.
std::vector<std::uint32_t> shingles_of(const Score& score);

/// The share of equal values: an estimate of the Jaccard similarity with a standard error of at
/// most 0.045.
double similarity(const Signature& a, const Signature& b);

/// Two pieces that may be near-duplicates, by their places in the list given.
struct LikePair {
  std::uint32_t first, second;  // first < second
  float similarity;
};

/// Pairs of signatures at least so similar, found with banding (Indyk and Motwani 1998): 32 bands
/// of 4 values find a pair of similarity 0.5 with a chance of 87 %, of 0.6 with 99 %, of 0.8
/// always. Null signatures take no part. In a band where very many pieces agree each is compared
/// with some of the others only. Sorted by (second, first). Takes 16 bytes a piece and the pairs.
std::vector<LikePair> like_pairs(std::span<const Signature* const> signatures, double least);

}  // namespace sage
