#include "generate/sequence.h"

#include <algorithm>
#include <utility>

namespace sage {

Sequence::Sequence(const Tokenizer& tokenizer, std::vector<int> order)
    : tokenizer_(&tokenizer),
      order_(std::move(order)),
      history_(tokenizer),
      reader_(tokenizer.reader()),
      constraints_({}, tokenizer) {
  state_.heard.fill(-1);
}

Sequence::Sequence(const Sequence& other)
    : tokenizer_(other.tokenizer_),
      order_(other.order_),
      history_(other.history_),
      reader_(other.reader_->clone()),
      wishes_(other.wishes_),
      constraints_(other.constraints_),
      state_(other.state_) {}

int Sequence::rank(int program) const {
  const auto at = std::find(order_.begin(), order_.end(), program);
  return at == order_.end() ? kProgramCount + program : static_cast<int>(at - order_.begin());
}

ReadEvent Sequence::say(TokenId id) {
  const ReadEvent event = reader_->push(id);
  history_.push(id);
  constraints_.push(id, event);
  const TokenEvent token = vocabulary().event(id);
  switch (token.kind) {
    case Kind::kBar:
      ++state_.bar;
      state_.bar_start = event.onset;
      state_.position = state_.program = -1;
      break;
    case Kind::kTimeSignature:
      state_.meter = id;
      state_.bar_steps = vocabulary().bar_steps(event.meter);
      break;
    case Kind::kTempo:
      state_.tempo = id;
      break;
    case Kind::kPosition:
      state_.position = token.value;
      state_.program = -1;
      break;
    case Kind::kProgram:
      if (state_.bar >= 0) state_.program = token.value;
      break;
    default:
      break;
  }
  if (event.type == ReadEvent::Type::kNote) note_heard(event);
  return event;
}

void Sequence::note_heard(const ReadEvent& event) {
  const auto last_step = (event.onset + event.duration - state_.bar_start).count - 1;
  const auto later = std::max<std::int64_t>(last_step, 0) / std::max(state_.bar_steps, 1);
  int& heard = state_.heard[static_cast<std::size_t>(event.program)];
  heard = std::max(heard, state_.bar + static_cast<int>(later));
}

void Sequence::say_header() {
  say(vocabulary().id(Kind::kBos));
  for (const int program : order_) say(vocabulary().id(Kind::kProgram, program));
  say(vocabulary().id(Kind::kStart));
}

void Sequence::say_bar(Meter meter, std::uint32_t us_per_quarter) {
  say(vocabulary().id(Kind::kBar));
  const TokenId said_meter =
      vocabulary().id(Kind::kTimeSignature, *vocabulary().meter_index(meter));
  const TokenId said_tempo =
      vocabulary().id(Kind::kTempo, vocabulary().tempo_index(us_per_quarter));
  if (said_meter != state_.meter) say(said_meter);
  if (said_tempo != state_.tempo) say(said_tempo);
}

void Sequence::say_note(int program, int position, const Note& note) {
  const bool compact = tokenizer_->config().layout == Layout::kCompact;
  const bool moved = position != state_.position;
  if (moved || !compact) say(vocabulary().id(Kind::kPosition, position));
  if (compact ? program != state_.program : true) say(vocabulary().id(Kind::kProgram, program));
  say(vocabulary().id(program == kDrumProgram ? Kind::kDrum : Kind::kPitch, note.pitch));
  if (vocabulary().velocity_bins() > 0)
    say(vocabulary().id(Kind::kVelocity, vocabulary().velocity_bin(note.velocity)));
  say(vocabulary().id(Kind::kDuration,
                      vocabulary().duration_index(static_cast<double>(note.duration.count))));
}

void Sequence::allowed(TokenMask& mask) const {
  reader_->allowed(mask);
  mask.remove(vocabulary().range(Kind::kHole));
  mask.remove(vocabulary().range(Kind::kFill));
  constraints_.narrow_note(mask);
}

void Sequence::set_wishes(const Wishes& wishes, const ProgramSet& programs) {
  wishes_ = std::make_shared<const Wishes>(wishes);
  constraints_ = constraints_.with(wishes);
  constraints_.restrict_programs(programs);
  constraints_.begin();
}

Sequence::Mark Sequence::mark() const { return Mark(*this); }

void Sequence::rewind(const Mark& mark) {
  history_.cut(mark.size_);
  reader_->copy_from(*mark.reader_);
  constraints_ = mark.constraints_;
  if (wishes_ != mark.wishes_) {  // others have been set since
    constraints_ = constraints_.with(*wishes_);
    constraints_.begin();
  }
  state_ = mark.state_;
}

}  // namespace sage
