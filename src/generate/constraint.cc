#include "generate/constraint.h"

#include <algorithm>
#include <tuple>

#include "score/program_names.h"

namespace sage {
namespace {

constexpr std::size_t kMostLosses = 256;  // that are told

}  // namespace

int Moment::voices(int of, int at) const {
  const Tick now = time(at);
  return static_cast<int>(std::count_if(held.begin(), held.end(), [&](const HeldNote& note) {
    return note.program == of && note.onset <= now && note.end > now;
  }));
}

bool can_wish(const Tokenizer& tokenizer) { return tokenizer.config().scheme == "remi+"; }

Constraints::Constraints(const Wishes& wishes, const Tokenizer& tokenizer)
    : tokenizer_(&tokenizer),
      vocabulary_(&tokenizer.vocabulary()),
      by_header_(tokenizer.config().order == ProgramOrder::kHeader) {
  moment_.grid = tokenizer.config().grid;
  moment_.playing.set();
  for (const ConstraintWord* word : constraint_registry())
    if (auto constraint = word->make(wishes))
      constraints_.push_back({word->name, std::move(constraint)});
}

Constraints::Constraints(const Constraints& other)
    : tokenizer_(other.tokenizer_),
      vocabulary_(other.vocabulary_),
      by_header_(other.by_header_),
      moment_(other.moment_),
      order_(other.order_),
      in_header_(other.in_header_),
      begun_(other.begun_),
      bar_is_fresh_(other.bar_is_fresh_),
      dues_(other.dues_),
      losses_(other.losses_),
      entropy_(other.entropy_),
      choices_(other.choices_) {
  for (const Entry& entry : other.constraints_)
    constraints_.push_back({entry.word, entry.constraint->clone()});
}

Constraints& Constraints::operator=(const Constraints& other) {
  if (this == &other) return *this;
  const bool alike = std::equal(constraints_.begin(), constraints_.end(),
                                other.constraints_.begin(), other.constraints_.end(),
                                [](const Entry& a, const Entry& b) { return a.word == b.word; });
  if (alike) {
    for (std::size_t i = 0; i < constraints_.size(); ++i)
      constraints_[i].constraint->copy_from(*other.constraints_[i].constraint);
  } else {
    constraints_.clear();
    for (const Entry& entry : other.constraints_)
      constraints_.push_back({entry.word, entry.constraint->clone()});
  }
  tokenizer_ = other.tokenizer_;
  vocabulary_ = other.vocabulary_;
  by_header_ = other.by_header_;
  moment_ = other.moment_;
  order_ = other.order_;
  in_header_ = other.in_header_;
  begun_ = other.begun_;
  bar_is_fresh_ = other.bar_is_fresh_;
  dues_ = other.dues_;
  losses_ = other.losses_;
  entropy_ = other.entropy_;
  choices_ = other.choices_;
  return *this;
}

Constraints::~Constraints() = default;

void Constraints::begin() {
  begun_ = true;
  moment_.bar = bar_is_fresh_ ? 0 : -1;
  find_dues();
}

void Constraints::restrict_programs(const ProgramSet& programs) {
  moment_.playing = programs;
  find_dues();
}

Constraints Constraints::with(const Wishes& wishes) const {
  Constraints other(wishes, *tokenizer_);
  other.moment_ = moment_;
  other.order_ = order_;
  other.in_header_ = in_header_;
  other.bar_is_fresh_ = bar_is_fresh_;
  return other;
}

int Constraints::rank(int program) const { return by_header_ ? order_.rank(program) : program; }

// -- what was said

void Constraints::push(TokenId id, const ReadEvent& event) {
  if (event.type == ReadEvent::Type::kIllegal) return;
  const auto [kind, value] = vocabulary_->event(id);
  switch (kind) {
    case Kind::kStart:
      in_header_ = false;
      break;
    case Kind::kProgram:
      if (in_header_) {
        if (by_header_) order_.list(value);
        break;
      }
      if (value != moment_.program) moment_.last_pitch = -1;
      moment_.program = value;
      settle_dues();
      break;
    case Kind::kPosition:
      if (value != moment_.position) moment_.program = moment_.last_pitch = -1;
      moment_.position = value;
      bar_is_fresh_ = false;
      settle_dues();
      break;
    case Kind::kPitch:
    case Kind::kDrum:
      moment_.pitch = value;
      break;
    default:
      break;
  }
  switch (event.type) {
    case ReadEvent::Type::kBar:
      begin_bar(event.onset);
      break;
    case ReadEvent::Type::kMeter:
      moment_.meter = event.meter;
      moment_.bar_steps = vocabulary_->bar_steps(event.meter);
      find_dues();
      break;
    case ReadEvent::Type::kNote:
      add_note(event);
      break;
    case ReadEvent::Type::kEnd:
      lose_dues();
      return;
    case ReadEvent::Type::kTempo:
    case ReadEvent::Type::kNothing:
    case ReadEvent::Type::kIllegal:
      return;
  }
  for (const Entry& entry : constraints_) entry.constraint->observe(event, moment_);
}

void Constraints::begin_bar(Tick start) {
  lose_dues();
  if (begun_) ++moment_.bar;
  moment_.bar_start = start;
  moment_.position = moment_.program = moment_.pitch = moment_.last_pitch = -1;
  bar_is_fresh_ = true;
  std::erase_if(moment_.held, [&](const HeldNote& note) { return note.end <= start; });
  find_dues();
}

void Constraints::add_note(const ReadEvent& event) {
  moment_.pitch = -1;
  moment_.last_pitch = event.pitch;
  std::erase_if(moment_.held, [&](const HeldNote& note) { return note.end <= event.onset; });
  moment_.held.push_back({event.program, event.pitch, event.onset, event.onset + event.duration});
  std::erase_if(dues_, [&](const Asked& asked) {
    return asked.due == Due{event.program, moment_.position};
  });
}

// -- notes that have to come

void Constraints::find_dues() {
  dues_.clear();
  if (!hold() || moment_.bar_steps == 0) return;
  std::vector<Due> found;
  for (const Entry& entry : constraints_) {
    found.clear();
    entry.constraint->dues(moment_, found);
    for (const Due& due : found)
      if (moment_.playing.test(static_cast<std::size_t>(due.program)) && !is_past(due))
        dues_.push_back({due, entry.word});
  }
  std::sort(dues_.begin(), dues_.end(), [&](const Asked& a, const Asked& b) {
    return std::tuple(a.due.position, rank(a.due.program)) <
           std::tuple(b.due.position, rank(b.due.program));
  });
}

/// Whether the tokens have gone on beyond the place of a due note that was not written.
bool Constraints::is_past(const Due& due) const {
  if (moment_.position != due.position) return moment_.position > due.position;
  return moment_.program >= 0 && rank(moment_.program) > rank(due.program);
}

void Constraints::settle_dues() {
  std::erase_if(dues_, [&](const Asked& asked) {
    if (!is_past(asked.due)) return false;
    lose(asked);
    return true;
  });
}

/// The bar is complete without them.
void Constraints::lose_dues() {
  for (const Asked& asked : dues_) lose(asked);
  dues_.clear();
}

void Constraints::lose(const Asked& asked) {
  if (!hold() || losses_.size() >= kMostLosses) return;
  losses_.push_back({std::string(asked.word), moment_.bar, asked.due.program,
                     "no note of " + std::string(program_name(asked.due.program)) +
                         " may begin there by the other wishes"});
}

const Due* Constraints::due() const {
  for (const Asked& asked : dues_)
    if (!is_past(asked.due) && can_begin(asked.due.program, asked.due.position)) return &asked.due;
  return nullptr;
}

// -- masks

PitchSet Constraints::pitches_at(int program, int position) const {
  PitchSet set;
  set.set();
  if (!hold() || !moment_.playing.test(static_cast<std::size_t>(program))) return set;
  const Place place{&moment_, program, position};
  for (const Entry& entry : constraints_) {
    entry.constraint->pitches(place, set);
    if (set.none()) return set;
  }
  // Pitches ascend within a position.
  if (position == moment_.position && program == moment_.program)
    for (int pitch = 0; pitch <= moment_.last_pitch; ++pitch)
      set.reset(static_cast<std::size_t>(pitch));
  return set;
}

bool Constraints::can_begin_any(int position) const {
  const bool again = position == moment_.position && moment_.program >= 0;
  for (int program = 0; program < kProgramCount; ++program)
    if (moment_.playing.test(static_cast<std::size_t>(program)) &&
        (!again || rank(program) >= rank(moment_.program)) && can_begin(program, position))
      return true;
  return false;
}

int Constraints::longest() const {
  if (!moment_.playing.test(static_cast<std::size_t>(moment_.program)))
    return Constraint::kAnyLength;
  const Place place{&moment_, moment_.program, moment_.position};
  int longest = Constraint::kAnyLength;
  for (const Entry& entry : constraints_)
    longest = std::min(longest, entry.constraint->longest(place, moment_.pitch));
  return std::max(longest, 1);
}

void Constraints::narrow_note(TokenMask& mask) const {
  if (!hold() || moment_.program < 0) return;
  const Vocabulary& vocabulary = *vocabulary_;
  if (moment_.pitch >= 0) {
    const auto lengths = vocabulary.durations();
    const auto fits = std::upper_bound(lengths.begin() + 1, lengths.end(), longest());
    const IdRange all = vocabulary.range(Kind::kDuration);
    mask.remove({all.begin + static_cast<TokenId>(fits - lengths.begin()), all.end});
    return;
  }
  const PitchSet set = pitches_at(moment_.program, moment_.position);
  for (const Kind kind : {Kind::kPitch, Kind::kDrum}) {
    const IdRange pitches = vocabulary.range(kind);
    mask.filter(pitches,
                [&](TokenId id) { return set.test(static_cast<std::size_t>(id - pitches.begin)); });
  }
}

void Constraints::narrow(TokenMask& mask) const {
  if (!hold()) return;
  if (moment_.pitch >= 0) return narrow_note(mask);
  const Vocabulary& vocabulary = *vocabulary_;
  const Due* next = due();
  const IdRange positions = vocabulary.range(Kind::kPosition);
  mask.filter(positions, [&](TokenId id) {
    const int position = id - positions.begin;
    if (next != nullptr && position >= next->position) return position == next->position;
    return can_begin_any(position);
  });
  if (next != nullptr)
    for (const Kind kind : {Kind::kBar, Kind::kEos}) mask.remove(vocabulary.range(kind));
  if (moment_.position < 0) return;
  const IdRange programs = vocabulary.range(Kind::kProgram);
  mask.filter(programs, [&](TokenId id) {
    const int program = id - programs.begin;
    const bool due_here = next != nullptr && next->position == moment_.position;
    if (due_here && rank(program) > rank(next->program)) return false;
    return can_begin(program, moment_.position);
  });
  narrow_note(mask);
}

void Constraints::favour(std::vector<Candidate>& favours) const {
  if (!hold()) return;
  for (const Entry& entry : constraints_) entry.constraint->favour(moment_, *vocabulary_, favours);
}

double Constraints::heat() const {
  double heat = 1;
  if (!hold()) return heat;
  for (const Entry& entry : constraints_) heat *= entry.constraint->heat();
  return heat;
}

void Constraints::drawn(double entropy) {
  if (!hold()) return;
  entropy_ += entropy;
  ++choices_;
  for (const Entry& entry : constraints_) entry.constraint->drawn(entropy);
}

}  // namespace sage
