// A piece as it is said, one token at a time, in the remi+ scheme: what the grammar reader knows,
// where in the bar the last note stands, and which meter and tempo are in force. Knows no model.
// Its state can be kept and taken up again.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "generate/constraint.h"
#include "generate/history.h"
#include "score/score.h"
#include "tokens/tokenizer.h"

namespace sage {

class Sequence {
 public:
  /// Says nothing yet. The tokenizer must outlive it. `order` lists the header's programs.
  Sequence(const Tokenizer& tokenizer, std::vector<int> order);

  const Tokenizer& tokenizer() const { return *tokenizer_; }
  const Vocabulary& vocabulary() const { return tokenizer_->vocabulary(); }
  const TokenHistory& history() const { return history_; }
  const EventReader& reader() const { return *reader_; }
  /// 0 for the program that comes first at a position.
  int rank(int program) const;
  const std::vector<int>& order() const { return order_; }

  /// BOS, the programs in order, START.
  void say_header();
  /// The next bar; its meter and tempo where they are not in force already.
  void say_bar(Meter meter, std::uint32_t us_per_quarter);
  /// A note of the bar that was begun. Precondition: the grammar allows it.
  void say_note(int program, int position, const Note& note);
  /// Any token that the grammar allows.
  ReadEvent say(TokenId id);

  /// What may come next; holes are never part of it. Of the note that is being written only what
  /// keeps the wishes.
  void allowed(TokenMask& mask) const;

  /// From here on these wishes hold for notes of these programs; after a rewind() too.
  void set_wishes(const Wishes& wishes, const ProgramSet& programs);
  Constraints& constraints() { return constraints_; }
  const Constraints& constraints() const { return constraints_; }

  /// Of the bar that was begun last; -1 and 0 before the first.
  int bar() const { return state_.bar; }
  Tick bar_start() const { return state_.bar_start; }
  /// Of the last note in the bar (or of its POSITION, said alone), and its program; -1: none.
  int position() const { return state_.position; }
  int program() const { return state_.program; }
  /// The last bar in which a program sounds; -1: none.
  int heard(int program) const { return state_.heard[static_cast<std::size_t>(program)]; }

  /// A place to come back to.
  class Mark;
  Mark mark() const;
  /// Precondition: the mark was made by this sequence, or by one that this is a copy of, and
  /// everything up to it is still there.
  void rewind(const Mark& mark);

  Sequence(const Sequence& other);
  Sequence(Sequence&&) noexcept = default;
  Sequence& operator=(Sequence&&) noexcept = default;

 private:
  struct State {
    TokenId meter = -1, tempo = -1;  // in force
    int bar = -1;
    Tick bar_start;
    int bar_steps = 0;
    int position = -1, program = -1;
    std::array<int, kProgramCount> heard;
  };

  void note_heard(const ReadEvent& event);

  const Tokenizer* tokenizer_;
  std::vector<int> order_;
  TokenHistory history_;
  std::unique_ptr<EventReader> reader_;
  std::shared_ptr<const Wishes> wishes_;  // that constraints_ are made of
  Constraints constraints_;
  State state_;
};

class Sequence::Mark {
 public:
  Mark(const Mark& other)
      : size_(other.size_),
        reader_(other.reader_->clone()),
        wishes_(other.wishes_),
        constraints_(other.constraints_),
        state_(other.state_) {}
  Mark(Mark&&) noexcept = default;
  Mark& operator=(Mark&&) noexcept = default;
  std::size_t size() const { return size_; }  // tokens

 private:
  friend class Sequence;
  explicit Mark(const Sequence& of)
      : size_(of.history_.size()),
        reader_(of.reader_->clone()),
        wishes_(of.wishes_),
        constraints_(of.constraints_),
        state_(of.state_) {}

  std::size_t size_;
  std::unique_ptr<EventReader> reader_;
  std::shared_ptr<const Wishes> wishes_;
  Constraints constraints_;
  State state_;
};

}  // namespace sage
