// cp: compound words of two families, metrical and note. After Hsiao et al. 2021 (Compound Word
// Transformer), with the program of a note as a separate field, as in multi-track versions.
//
//   position := METRICAL POSITION PAD PAD [PAD] PAD
//   note     := NOTE     PAD PROGRAM PITCH|DRUM [VELOCITY] DURATION
//
// A position is written once for all its notes. Both layouts are the same: the fields of a family
// are always there.
#include "tokens/schemes/note_fields.h"
#include "tokens/schemes/scheme.h"

namespace sage {
namespace {

/// Family, position, program, pitch, [velocity], duration.
int fields_of(const TokenizerConfig& config) { return config.velocity ? 6 : 5; }

class CpReader {
 public:
  explicit CpReader(const TokenizerConfig& config)
      : note_fields_(fields_of(config) - 2), fields_(/*compact=*/false) {}

  void begin(const Frame&) { position_ = -1; }
  bool may_break() const { return due_ == Due::kWord && !fields_.pending(); }
  bool may_close() const { return may_break(); }
  int position() const { return std::max(position_, 0); }

  template <class Sink>
  void allowed(const Frame& frame, Sink& sink) const {
    if (padding_ > 0) return sink.allow(Kind::kPad);
    if (fields_.pending()) return fields_.allow_rest(frame, sink);
    switch (due_) {
      case Due::kWord:
        if (position_ >= 0 && fields_.fits(frame)) sink.allow(Kind::kNote);
        if (frame.open.any() && position_ + 1 < frame.bar_length) sink.allow(Kind::kMetrical);
        return;
      case Due::kPosition:
        return sink.allow(Kind::kPosition, position_ + 1, frame.bar_length);
      case Due::kNote:
        return sink.allow(Kind::kNote);
      case Due::kFields:
        return fields_.allow_first(frame, sink);
    }
  }

  ReadEvent push(const Frame& frame, TokenEvent token) {
    switch (token.kind) {
      case Kind::kPad:
        --padding_;
        return {};
      case Kind::kMetrical:
        due_ = Due::kPosition;
        return {};
      case Kind::kPosition:
        position_ = token.value;
        padding_ = note_fields_;
        fields_.move(frame);
        due_ = Due::kNote;
        return {};
      case Kind::kNote:
        padding_ = 1;
        due_ = Due::kFields;
        return {};
      default:
        due_ = Due::kWord;
        return fields_.push(frame, token, position_);
    }
  }

 private:
  enum class Due : std::uint8_t { kWord, kPosition, kNote, kFields };

  int note_fields_;  // from PROGRAM on
  NoteFieldsReader fields_;
  Due due_ = Due::kWord;
  int padding_ = 0;    // PADs due
  int position_ = -1;  // -1 before the first
};

class CpWriter {
 public:
  CpWriter(const TokenizerConfig& config, TokenSink& sink)
      : note_fields_(fields_of(config) - 2), sink_(sink), fields_(/*compact=*/false, sink) {}

  void begin(const Span& span) {
    start_ = span.start;
    position_ = -1;
  }
  void write(const Placed& placed) {
    const auto position = static_cast<int>(placed.note->onset.count - start_);
    if (position != position_) {
      sink_.put(Kind::kMetrical);
      sink_.put(Kind::kPosition, position);
      sink_.pad(note_fields_);
      position_ = position;
    }
    sink_.put(Kind::kNote);
    sink_.pad(1);
    fields_.write(placed);
  }
  void end_bar() {}
  void close() {}

 private:
  int note_fields_;  // from PROGRAM on
  TokenSink& sink_;
  NoteFieldsWriter fields_;
  std::int64_t start_ = 0;  // of the bar
  int position_ = -1;
};

class Cp final : public Scheme<CpReader, CpWriter> {
 public:
  std::string_view name() const override { return "cp"; }
  KindSet kinds(const TokenizerConfig& config) const override {
    return structure_kinds() | note_field_kinds(config) |
           KindSet{Kind::kPosition, Kind::kNote, Kind::kMetrical};
  }
  int stride(const TokenizerConfig& config) const override { return fields_of(config); }
};

}  // namespace

const Tokenization& cp_tokenization() {
  static const Cp scheme;
  return scheme;
}

}  // namespace sage
