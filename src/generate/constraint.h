// What a wish means for the notes that are drawn. One file and one word each, in constraints/.
//
// Constraints speak of notes: which pitches may begin at a place, how long they may last, where one
// must begin. `Constraints` turns the answers of all together into masks over tokens, so that a
// program or a position is only legal where some note is, and no mask is ever empty.
#pragma once

#include <bitset>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "generate/sampler.h"
#include "generate/wishes.h"
#include "tokens/reader.h"
#include "tokens/schemes/program_order.h"
#include "tokens/tokenizer.h"

namespace sage {

using PitchSet = std::bitset<128>;

/// A note that still sounds, or has just begun.
struct HeldNote {
  int program = 0;
  int pitch = 0;
  Tick onset, end;
};

/// What is known where the next token stands. Ticks are grid steps from the start of the tokens.
struct Moment {
  int bar = -1;  // from 0, counted from where the wishes begin; negative before
  Tick bar_start;
  int bar_steps = 0;
  Meter meter;
  int grid = 12;        // steps of a quarter note
  int position = -1;    // in the bar, of the last note or the one that is being written
  int program = -1;     // of that note; -1: not said yet
  int pitch = -1;       // of the note that is being written
  int last_pitch = -1;  // of the note before it, at the same position and of the same program
  ProgramSet playing;   // that may be written
  std::vector<HeldNote> held;

  Tick time(int at) const { return bar_start + Tick{at}; }
  /// Notes of a program that sound at a position of this bar.
  int voices(int of, int at) const;
};

/// Where a note may begin.
struct Place {
  const Moment* moment;
  int program = 0;
  int position = 0;
};

/// A note of the program has to begin there.
struct Due {
  int program = 0;
  int position = 0;
  friend bool operator==(const Due&, const Due&) = default;
};

/// What could not be had, and why.
struct WishLoss {
  std::string word;
  int bar = 0;  // from 0, counted from where the wishes begin
  int program = 0;
  std::string reason;
};

class Constraint {
 public:
  static constexpr int kAnyLength = 1 << 20;

  virtual ~Constraint() = default;
  virtual std::unique_ptr<Constraint> clone() const = 0;
  /// Becomes what `other` is, a constraint of the same word and wishes.
  virtual void copy_from(const Constraint& other) = 0;

  /// What became certain: bars, meters and notes, those from before the wishes and given ones too.
  virtual void observe(const ReadEvent&, const Moment&) {}
  /// Hard: takes out the pitches that may not begin there.
  virtual void pitches(const Place&, PitchSet&) const {}
  /// Hard: how long a note of this pitch may last, in grid steps, at least 1.
  virtual int longest(const Place&, int /*pitch*/) const { return kAnyLength; }
  /// Hard: where notes have to begin in the bar of the moment.
  virtual void dues(const Moment&, std::vector<Due>&) const {}
  /// Soft: nats added to the logits of ids.
  virtual void favour(const Moment&, const Vocabulary&, std::vector<Candidate>&) const {}
  /// Soft: what the sampler's temperature is multiplied by, and what it made of it: the entropy of
  /// a choice in nats.
  virtual double heat() const { return 1; }
  virtual void drawn(double /*entropy*/) {}
};

/// Supplies the copies of a constraint that is a plain value.
template <class Derived>
class ConstraintOf : public Constraint {
 public:
  std::unique_ptr<Constraint> clone() const override {
    return std::make_unique<Derived>(static_cast<const Derived&>(*this));
  }
  void copy_from(const Constraint& other) override {
    static_cast<Derived&>(*this) = static_cast<const Derived&>(other);
  }
};

/// A word of the registry.
struct ConstraintWord {
  std::string_view name;
  /// nullptr where the wishes do not ask for it. Precondition: check_wishes() accepts.
  std::unique_ptr<Constraint> (*make)(const Wishes& wishes);
};
std::span<const ConstraintWord* const> constraint_registry();

/// All constraints that some wishes ask for, and the moment at which they are judged. The caller
/// says each base token to it. Copy to branch; assigning from a copy allocates little.
class Constraints {
 public:
  /// Preconditions: check_wishes() accepts; the tokenizer outlives it.
  Constraints(const Wishes& wishes, const Tokenizer& tokenizer);
  Constraints(const Constraints& other);
  Constraints& operator=(const Constraints& other);
  Constraints(Constraints&&) noexcept = default;
  Constraints& operator=(Constraints&&) noexcept = default;
  ~Constraints();

  bool empty() const { return constraints_.empty(); }
  const Moment& moment() const { return moment_; }

  /// A base token that was said, and what the reader made of it.
  void push(TokenId id, const ReadEvent& event);
  /// From here on the wishes hold. A bar that has begun, without a note as yet, is bar 0, else the
  /// next one.
  void begin();
  /// No note can come in the bar any more, though the next one has not begun.
  void end_bar() { bar_is_fresh_ = false; }
  /// Only notes of these programs are written from now on. At first: all.
  void restrict_programs(const ProgramSet& programs);

  /// The same moment under other wishes, which hold once begin() is called.
  Constraints with(const Wishes& wishes) const;

  /// Leaves of the tokens that the grammar allows those that keep the wishes. Never empties a mask.
  void narrow(TokenMask& mask) const;
  /// The same for the note whose program is said, alone: its pitch, then its length.
  void narrow_note(TokenMask& mask) const;
  void favour(std::vector<Candidate>& favours) const;
  double heat() const;
  void drawn(double entropy);
  /// Of the choices that drawn() heard of since the wishes hold; 0 for none.
  double mean_entropy() const { return choices_ > 0 ? entropy_ / choices_ : 0; }

  /// The pitches of notes that may begin at a position of this bar; all for a program that is not
  /// written, whose notes are given.
  PitchSet pitches_at(int program, int position) const;
  bool can_begin(int program, int position) const { return pitches_at(program, position).any(); }
  /// The first note that has to begin in what is left of this bar; nullptr: none.
  const Due* due() const;
  std::span<const WishLoss> losses() const { return losses_; }

 private:
  struct Entry {
    std::string_view word;
    std::unique_ptr<Constraint> constraint;
  };
  /// A due with the word that asks for it.
  struct Asked {
    Due due;
    std::string_view word;
  };

  bool hold() const { return begun_ && moment_.bar >= 0 && !constraints_.empty(); }
  bool can_begin_any(int position) const;
  int longest() const;
  int rank(int program) const;
  bool is_past(const Due& due) const;
  void begin_bar(Tick start);
  void find_dues();
  void settle_dues();
  void lose_dues();
  void lose(const Asked& asked);
  void add_note(const ReadEvent& event);

  const Tokenizer* tokenizer_;
  const Vocabulary* vocabulary_;
  bool by_header_;
  std::vector<Entry> constraints_;
  Moment moment_;
  HeaderOrder order_;
  bool in_header_ = true;
  bool begun_ = false;
  bool bar_is_fresh_ = false;  // without a note as yet
  std::vector<Asked> dues_;    // of this bar that are still to come, by position and rank
  std::vector<WishLoss> losses_;
  double entropy_ = 0, choices_ = 0;
};

/// Whether tokens of this kind can be narrowed to wishes: those of remi+.
bool can_wish(const Tokenizer& tokenizer);

}  // namespace sage
