// What a composer does to a piece, in one word each: fill, vary, accompany, harmonize, and so on.
// One file a verb, in words/.
//
// A verb takes a document and gives one. What it does not write stays, event for event; those that
// make a new file (arrange, loop) say so. Knows no command lines.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "generate/infill.h"
#include "generate/rewriting.h"
#include "midi/document.h"

namespace sage {

/// Bars of some parts.
struct Rectangle {
  int first_bar = 0;  // in the meters of the piece, from 0
  int bars = 0;       // 0: to the end
  std::vector<std::size_t> parts;
};

struct VerbRequest {
  int first_bar = 0;
  int bars = 0;                       // 0: to the end; of `end`, how many to write (0: 4)
  std::vector<std::size_t> parts;     // of the document
  std::vector<int> instruments;       // programs of parts that it lacks
  std::vector<Rectangle> rectangles;  // more of them, for fill
  double similarity = 0.5;            // for vary, 0..1
  Wishes wishes;
  SamplerOptions sampler{.top_p = kUsualTopP};
  int takes = kUsualInfillTakes;
  std::uint64_t seed = 0;
  int threads = 1;
  std::string signature;  // a text at the start of the file; empty: none
};

struct VerbOutcome {
  std::vector<std::uint8_t> bytes;
  std::vector<WrittenPart> parts;    // that were written
  std::size_t notes = 0;             // new ones
  std::string chords;                // that were found or followed
  std::optional<double> similarity;  // of vary: what came of it
};

struct Verb {
  std::string_view name;
  std::string_view summary;
  std::string_view example;  // arguments, after the program's name
  /// Errors: bars and parts that there are not, instruments that are missing, and infill()'s.
  Result<VerbOutcome> (*run)(const std::shared_ptr<const Engine>& engine,
                             const midi::Document& document, const VerbRequest& request,
                             const InfillCallback& callback);
};
std::span<const Verb* const> verb_registry();

// What verbs share.

/// The request's bars, sampler, wishes, seed, threads, takes and signature.
RewriteRequest rewrite_request(const VerbRequest& request);
/// rewrite_parts() as an outcome.
Result<VerbOutcome> rewrite_as_verb(const std::shared_ptr<const Engine>& engine,
                                    const midi::Document& document, const RewriteRequest& request,
                                    const InfillCallback& callback);
/// A score as a document of its own.
Result<midi::Document> document_of(const Score& score);

}  // namespace sage
