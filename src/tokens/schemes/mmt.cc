// mmt: one compound of fields a note. After Dong et al. 2023 (Multitrack Music Transformer), whose
// tuple is type, beat, position, pitch, duration, instrument; here over bars, with the instrument
// before the pitch, as in all schemes, because it decides between PITCH and DRUM.
//
//   note := NOTE BEAT SUB_BEAT PROGRAM PITCH|DRUM [VELOCITY] DURATION
//
// BEAT counts quarter notes from the start of the bar, SUB_BEAT grid steps from there. Both layouts
// are the same: every field is always there.
#include "tokens/schemes/note_fields.h"
#include "tokens/schemes/scheme.h"

namespace sage {
namespace {

class MmtReader {
 public:
  explicit MmtReader(const TokenizerConfig&) : fields_(/*compact=*/false) {}

  void begin(const Frame&) { position_ = -1; }
  bool may_break() const { return due_ == Due::kNote && !fields_.pending(); }
  bool may_close() const { return may_break(); }
  int position() const { return std::max(position_, 0); }

  template <class Sink>
  void allowed(const Frame& frame, Sink& sink) const {
    if (fields_.pending()) return fields_.allow_rest(frame, sink);
    const int grid = frame.vocabulary->grid();
    const int lowest = lowest_position(frame), highest = frame.bar_length - 1;
    switch (due_) {
      case Due::kNote:
        if (frame.open.any() && lowest <= highest) sink.allow(Kind::kNote);
        return;
      case Due::kBeat:
        return sink.allow(Kind::kBeat, lowest / grid, highest / grid + 1);
      case Due::kSubBeat:
        return sink.allow(Kind::kSubBeat, std::max(lowest - beat_ * grid, 0),
                          std::min(highest - beat_ * grid + 1, grid));
      case Due::kFields:
        return fields_.allow_first(frame, sink);
    }
  }

  ReadEvent push(const Frame& frame, TokenEvent token) {
    switch (token.kind) {
      case Kind::kNote:
        due_ = Due::kBeat;
        return {};
      case Kind::kBeat:
        beat_ = token.value;
        due_ = Due::kSubBeat;
        return {};
      case Kind::kSubBeat:
        place(frame, beat_ * frame.vocabulary->grid() + token.value);
        return {};
      default:
        due_ = Due::kNote;
        return fields_.push(frame, token, position_);
    }
  }

 private:
  enum class Due : std::uint8_t { kNote, kBeat, kSubBeat, kFields };

  /// Where the next note may be: at the position of the last one, if one more fits there.
  int lowest_position(const Frame& frame) const {
    return position_ >= 0 && fields_.fits(frame) ? position_ : position_ + 1;
  }
  void place(const Frame& frame, int position) {
    if (position != position_) fields_.move(frame);
    position_ = position;
    due_ = Due::kFields;
  }

  NoteFieldsReader fields_;
  Due due_ = Due::kNote;
  int position_ = -1;  // of the last note; -1 before the first
  int beat_ = 0;
};

class MmtWriter {
 public:
  MmtWriter(const TokenizerConfig&, TokenSink& sink)
      : sink_(sink), fields_(/*compact=*/false, sink) {}

  void begin(const Span& span) { start_ = span.start; }
  void write(const Placed& placed) {
    const int grid = sink_.vocabulary().grid();
    const auto position = static_cast<int>(placed.note->onset.count - start_);
    sink_.put(Kind::kNote);
    sink_.put(Kind::kBeat, position / grid);
    sink_.put(Kind::kSubBeat, position % grid);
    fields_.write(placed);
  }
  void end_bar() {}
  void close() {}

 private:
  TokenSink& sink_;
  NoteFieldsWriter fields_;
  std::int64_t start_ = 0;  // of the bar
};

class Mmt final : public Scheme<MmtReader, MmtWriter> {
 public:
  std::string_view name() const override { return "mmt"; }
  KindSet kinds(const TokenizerConfig& config) const override {
    return structure_kinds() | note_field_kinds(config) |
           KindSet{Kind::kNote, Kind::kBeat, Kind::kSubBeat};
  }
  int stride(const TokenizerConfig& config) const override { return config.velocity ? 7 : 6; }
};

}  // namespace

const Tokenization& mmt_tokenization() {
  static const Mmt scheme;
  return scheme;
}

}  // namespace sage
