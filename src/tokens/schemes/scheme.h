// A scheme put together from a notes reader and a notes writer; see skeleton_reader.h and
// skeleton_writer.h for what they are. As a rule a note ends with its DURATION.
#pragma once

#include <memory>
#include <vector>

#include "tokens/schemes/skeleton_reader.h"
#include "tokens/schemes/skeleton_writer.h"
#include "tokens/tokenization.h"

namespace sage {

/// Those of the skeleton.
inline KindSet structure_kinds() {
  return {Kind::kPad,  Kind::kBos,     Kind::kEos, Kind::kStart,         Kind::kHole,
          Kind::kFill, Kind::kEndFill, Kind::kBar, Kind::kTimeSignature, Kind::kTempo};
}

template <class NotesReader, class NotesWriter>
class Scheme : public Tokenization {
 public:
  bool ends_note(Kind kind, const TokenizerConfig&) const override {
    return kind == Kind::kDuration;
  }
  std::vector<TokenId> write(const Quantised& piece, const TokenizerConfig& config,
                             const Vocabulary& vocabulary,
                             const EncodeOptions& options) const override {
    return SkeletonWriter<NotesWriter>(config, vocabulary, stride(config)).write(piece, options);
  }
  std::unique_ptr<EventReader> reader(const TokenizerConfig& config,
                                      const Vocabulary& vocabulary) const override {
    return std::make_unique<SkeletonReader<NotesReader>>(config, vocabulary, stride(config));
  }
};

}  // namespace sage
