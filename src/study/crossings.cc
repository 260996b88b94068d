#include "study/crossings.h"

#include <algorithm>
#include <vector>

namespace sage {
namespace {

constexpr int kNoNote = -1;

/// Where a note begins and who plays it.
struct TokenPlace {
  std::int64_t bar = 0;
  int step = 0;
  int program = -1;
  bool same_time(const TokenPlace& other) const { return bar == other.bar && step == other.step; }
};

/// Follows a piece token by token.
class NotesOfPiece {
 public:
  explicit NotesOfPiece(const Tokenizer& tokenizer)
      : tokenizer_(tokenizer), grid_(tokenizer.config().grid) {}

  void read(std::span<const std::uint16_t> base) {
    note_of_.assign(base.size(), kNoNote);
    for (std::size_t i = 0; i < base.size(); ++i) take(i, base[i]);
  }
  /// Of each base token; kNoNote for those outside of notes.
  std::span<const int> note_of() const { return note_of_; }
  const TokenPlace& place(int note) const { return places_[static_cast<std::size_t>(note)]; }

 private:
  void take(std::size_t i, TokenId id) {
    const auto [kind, value] = tokenizer_.vocabulary().event(id);
    if (kind == Kind::kStart) started_ = true;
    if (kind == Kind::kBar) {
      ++now_.bar;
      now_.step = 0;
    }
    if (!started_ || !is_of_note(kind)) return;
    if (!in_note_) places_.push_back(now_);
    in_note_ = true;
    note_of_[i] = static_cast<int>(places_.size()) - 1;
    move(kind, value);
    places_.back() = now_;
    if (tokenizer_.tokenization().ends_note(kind, tokenizer_.config())) in_note_ = false;
  }

  bool is_of_note(Kind kind) const {
    if (kind == Kind::kPad) return in_note_;
    return attribute_of(kind) != Attribute::kStructure || kind == Kind::kNote ||
           kind == Kind::kMetrical;
  }

  void move(Kind kind, int value) {
    if (kind == Kind::kPosition) now_.step = value;
    if (kind == Kind::kTimeShift) now_.step += value + 1;
    if (kind == Kind::kBeat) now_.step = value * grid_;
    if (kind == Kind::kSubBeat) now_.step += value - now_.step % grid_;
    if (kind == Kind::kProgram) now_.program = value;
  }

  const Tokenizer& tokenizer_;
  int grid_;
  std::vector<int> note_of_;
  std::vector<TokenPlace> places_;
  TokenPlace now_;
  bool started_ = false, in_note_ = false;
};

}  // namespace

void count_crossings(const Tokenizer& tokenizer, std::span<const std::uint16_t> base,
                     std::span<const std::uint16_t> ids, Crossings& crossings) {
  NotesOfPiece piece(tokenizer);
  piece.read(base);
  const TokenId start = tokenizer.vocabulary().id(Kind::kStart);
  const TokenId bar = tokenizer.vocabulary().id(Kind::kBar);
  bool started = false;
  std::size_t begin = 0;
  for (const std::uint16_t id : ids) {
    const std::size_t end = begin + tokenizer.expansion(id).size();
    int first = kNoNote;
    bool notes = false, times = false, programs = false, bars = false;
    for (std::size_t i = begin; i < end; ++i) {
      bars = bars || (i > begin && base[i] == bar);
      const int note = piece.note_of()[i];
      if (note == kNoNote) continue;
      if (first == kNoNote) first = note;
      notes = notes || note != first;
      times = times || !piece.place(note).same_time(piece.place(first));
      programs = programs || piece.place(note).program != piece.place(first).program;
    }
    if (started) {
      ++crossings.tokens;
      crossings.notes += notes;
      crossings.positions += times;
      crossings.instruments += programs;
      crossings.bars += bars;
    }
    started = started || id == start;
    begin = end;
  }
}

}  // namespace sage
