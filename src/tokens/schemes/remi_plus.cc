// remi+: POSITION, then the fields of a note. After von Ruette et al. 2022 (FIGARO), with a header
// of programs and with holes for infilling.
//
//   note := POSITION PROGRAM PITCH|DRUM [VELOCITY] DURATION
//
// In the full layout each note has all its attributes. In the compact one POSITION is written only
// where it changes, PROGRAM only after a POSITION or where it changes.
#include "tokens/schemes/note_fields.h"
#include "tokens/schemes/scheme.h"

namespace sage {
namespace {

class RemiPlusReader {
 public:
  explicit RemiPlusReader(const TokenizerConfig& config)
      : compact_(config.layout == Layout::kCompact), fields_(compact_) {}

  void begin(const Frame&) { position_ = -1; }
  bool may_break() const { return !placed_ && !fields_.pending(); }
  bool may_close() const { return may_break(); }
  int position() const { return std::max(position_, 0); }

  template <class Sink>
  void allowed(const Frame& frame, Sink& sink) const {
    if (fields_.pending()) return fields_.allow_rest(frame, sink);
    if (placed_) return fields_.allow_first(frame, sink);
    // In the full layout POSITION may repeat the place of the last note.
    const bool again = !compact_ && position_ >= 0 && fields_.fits(frame);
    if (frame.open.any())
      sink.allow(Kind::kPosition, again ? position_ : position_ + 1, frame.bar_length);
    if (compact_ && position_ >= 0) fields_.allow_first(frame, sink);
  }

  ReadEvent push(const Frame& frame, TokenEvent token) {
    placed_ = token.kind == Kind::kPosition;
    if (!placed_) return fields_.push(frame, token, position_);
    if (token.value != position_) fields_.move(frame);
    position_ = token.value;
    return {};
  }

 private:
  bool compact_;
  NoteFieldsReader fields_;
  int position_ = -1;    // of the last note; -1 before the first
  bool placed_ = false;  // POSITION was the last token
};

class RemiPlusWriter {
 public:
  RemiPlusWriter(const TokenizerConfig& config, TokenSink& sink)
      : compact_(config.layout == Layout::kCompact), sink_(sink), fields_(compact_, sink) {}

  void begin(const Span& span) {
    span_ = span;
    position_ = -1;
  }
  void write(const Placed& placed) {
    const auto position = static_cast<int>(placed.note->onset.count - span_.start);
    const bool moved = position != position_;
    if (moved) fields_.move(span_);
    if (moved || !compact_) sink_.put(Kind::kPosition, position);
    fields_.write(placed);
    position_ = position;
  }
  void end_bar() {}
  void close() {}

 private:
  bool compact_;
  TokenSink& sink_;
  NoteFieldsWriter fields_;
  Span span_;
  int position_ = -1;
};

class RemiPlus final : public Scheme<RemiPlusReader, RemiPlusWriter> {
 public:
  std::string_view name() const override { return "remi+"; }
  bool can_order_by_header() const override { return true; }
  KindSet kinds(const TokenizerConfig& config) const override {
    return structure_kinds() | note_field_kinds(config) | KindSet{Kind::kPosition};
  }
};

}  // namespace

const Tokenization& remi_plus_tokenization() {
  static const RemiPlus scheme;
  return scheme;
}

}  // namespace sage
