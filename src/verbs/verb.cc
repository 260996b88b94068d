#include "verbs/verb.h"

#include <utility>

#include "midi/writer.h"

namespace sage {

RewriteRequest rewrite_request(const VerbRequest& request) {
  RewriteRequest rewrite;
  rewrite.infill.first_bar = request.first_bar;
  rewrite.infill.bars = request.bars;
  rewrite.infill.sampler = request.sampler;
  rewrite.infill.wishes = request.wishes;
  rewrite.infill.seed = request.seed;
  rewrite.infill.threads = request.threads;
  rewrite.infill.takes = request.takes;
  rewrite.signature = request.signature;
  return rewrite;
}

Result<VerbOutcome> rewrite_as_verb(const std::shared_ptr<const Engine>& engine,
                                    const midi::Document& document, const RewriteRequest& request,
                                    const InfillCallback& callback) {
  auto file = rewrite_parts(engine, document, request, callback);
  if (!file) return tl::unexpected(file.error());
  VerbOutcome outcome;
  outcome.bytes = std::move(file->bytes);
  outcome.parts = std::move(file->parts);
  outcome.notes = file->notes;
  outcome.chords = request.infill.wishes.chords;
  return outcome;
}

Result<midi::Document> document_of(const Score& score) {
  return midi::Document::read(write_midi(score));
}

}  // namespace sage
