// tsd: time shift, then the fields of a note. After Fradet et al. 2023 (the TSD of MidiTok), with
// bar lines kept, so that time shifts never leave a bar.
//
//   note := [TIME_SHIFT] PROGRAM PITCH|DRUM [VELOCITY] DURATION
//
// TIME_SHIFT is written where time advances within the bar, from its start or from the last note.
// In the full layout each note has its PROGRAM; in the compact one PROGRAM is written only after a
// BAR or a TIME_SHIFT or where it changes.
#include "tokens/schemes/note_fields.h"
#include "tokens/schemes/scheme.h"

namespace sage {
namespace {

class TsdReader {
 public:
  explicit TsdReader(const TokenizerConfig& config) : fields_(config.layout == Layout::kCompact) {}

  void begin(const Frame& frame) {
    position_ = 0;
    fields_.move(frame);
  }
  bool may_break() const { return !shifted_ && !fields_.pending(); }
  bool may_close() const { return may_break(); }
  int position() const { return position_; }

  template <class Sink>
  void allowed(const Frame& frame, Sink& sink) const {
    if (fields_.pending()) return fields_.allow_rest(frame, sink);
    fields_.allow_first(frame, sink);
    if (!shifted_ && frame.open.any())
      sink.allow(Kind::kTimeShift, 0, frame.bar_length - 1 - position_);
  }

  ReadEvent push(const Frame& frame, TokenEvent token) {
    shifted_ = token.kind == Kind::kTimeShift;
    if (!shifted_) return fields_.push(frame, token, position_);
    position_ += token.value + 1;
    fields_.move(frame);
    return {};
  }

 private:
  NoteFieldsReader fields_;
  int position_ = 0;
  bool shifted_ = false;  // TIME_SHIFT was the last token
};

class TsdWriter {
 public:
  TsdWriter(const TokenizerConfig& config, TokenSink& sink)
      : sink_(sink), fields_(config.layout == Layout::kCompact, sink) {}

  void begin(const Span& span) {
    span_ = span;
    now_ = span.start;
    fields_.move(span);
  }
  void write(const Placed& placed) {
    const std::int64_t onset = placed.note->onset.count;
    if (onset > now_) {
      sink_.put(Kind::kTimeShift, static_cast<int>(onset - now_) - 1);
      fields_.move(span_);
      now_ = onset;
    }
    fields_.write(placed);
  }
  void end_bar() {}
  void close() {}

 private:
  TokenSink& sink_;
  NoteFieldsWriter fields_;
  Span span_;
  std::int64_t now_ = 0;
};

class Tsd final : public Scheme<TsdReader, TsdWriter> {
 public:
  std::string_view name() const override { return "tsd"; }
  bool can_order_by_header() const override { return true; }
  KindSet kinds(const TokenizerConfig& config) const override {
    return structure_kinds() | note_field_kinds(config) | KindSet{Kind::kTimeShift};
  }
};

}  // namespace

const Tokenization& tsd_tokenization() {
  static const Tsd scheme;
  return scheme;
}

}  // namespace sage
