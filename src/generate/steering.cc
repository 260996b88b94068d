#include "generate/steering.h"

#include <algorithm>

#include "generate/presence.h"

namespace sage {

Steering::Steering(const Tokenizer& tokenizer, const Request& request)
    : vocabulary_(&tokenizer.vocabulary()),
      grammar_(tokenizer.reader()),
      allow_meter_changes_(request.allow_meter_changes),
      allow_tempo_changes_(request.allow_tempo_changes),
      presence_(request.presence),
      constraints_(request.wishes, tokenizer) {}

Steering::Steering(const Steering& other)
    : vocabulary_(other.vocabulary_),
      grammar_(other.grammar_->clone()),
      allow_meter_changes_(other.allow_meter_changes_),
      allow_tempo_changes_(other.allow_tempo_changes_),
      presence_(other.presence_),
      constraints_(other.constraints_),
      state_(other.state_) {}

std::unique_ptr<EventReader> Steering::clone() const { return std::make_unique<Steering>(*this); }

void Steering::copy_from(const EventReader& other) {
  const auto& steering = static_cast<const Steering&>(other);
  grammar_->copy_from(*steering.grammar_);
  if (!constraints_.empty()) constraints_ = steering.constraints_;
  state_ = steering.state_;
}

void Steering::follow_request(int last_bar) {
  state_.following = true;
  state_.last_bar = last_bar;
  state_.heard.fill(std::max(1, bars_begun()) - 1);
  constraints_.begin();
}

ReadEvent Steering::push(TokenId id) {
  const ReadEvent event = grammar_->push(id);
  if (!constraints_.empty()) constraints_.push(id, event);
  if (event.type == ReadEvent::Type::kBar) state_.bar_start = event.onset;
  if (event.type == ReadEvent::Type::kMeter) {
    state_.meter = id;
    state_.bar_steps = vocabulary_->bar_steps(event.meter);
    if (state_.meter_due == id) state_.meter_due = -1;
  } else if (event.type == ReadEvent::Type::kTempo) {
    state_.tempo = id;
    if (state_.tempo_due == id) state_.tempo_due = -1;
  } else if (event.type == ReadEvent::Type::kNote && state_.following) {
    const auto held = (event.onset + event.duration - state_.bar_start).count - 1;
    const auto bars = std::max<std::int64_t>(held, 0) / std::max(state_.bar_steps, 1);
    int& heard = state_.heard[static_cast<std::size_t>(event.program)];
    heard = std::max(heard, bars_begun() + static_cast<int>(bars));
  }
  return event;
}

std::vector<Candidate> Steering::favours() const {
  std::vector<Candidate> favours;
  constraints_.favour(favours);
  if (!state_.following || state_.expected.none() || presence_ <= 0) return favours;
  for (std::size_t program = 0; program < state_.expected.size(); ++program) {
    const int waited = bars_begun() - state_.heard[program] - kBarsOfSilence;
    if (state_.expected.test(program) && waited > 0)
      favours.push_back({vocabulary_->id(Kind::kProgram, static_cast<int>(program)),
                         presence_favour(presence_, waited)});
  }
  return favours;
}

// Never narrowed to nothing: a meter or a tempo is only taken away where it is optional, and BAR
// only where the grammar knows another way on.
void Steering::allowed(TokenMask& mask) const {
  grammar_->allowed(mask);
  if (!state_.following) return;
  mask.remove(vocabulary_->range(Kind::kHole));
  mask.remove(vocabulary_->range(Kind::kFill));
  if (state_.closing) mask.remove(vocabulary_->range(Kind::kBar));
  keep_to_the_bar(mask);
  fix(mask, Kind::kTimeSignature, state_.meter_due, state_.meter, allow_meter_changes_);
  fix(mask, Kind::kTempo, state_.tempo_due, state_.tempo, allow_tempo_changes_);
  constraints_.narrow(mask);
}

/// Where notes end by tokens of their own, a shift beyond the bar says that nothing begins any
/// more. That is for the last bar; before it, BAR leads on.
void Steering::keep_to_the_bar(TokenMask& mask) const {
  const IdRange shifts = vocabulary_->range(Kind::kTimeShift);
  if (shifts.begin == shifts.end || state_.closing || bars_begun() >= state_.last_bar) return;
  const auto left =
      state_.bar_start.count + state_.bar_steps - now().count;  // value v: v + 1 steps
  const auto within = static_cast<TokenId>(std::max<std::int64_t>(left - 1, 0));
  mask.remove({std::min(shifts.begin + within, shifts.end), shifts.end});
}

void Steering::fix(TokenMask& mask, Kind kind, TokenId due, TokenId in_force, bool free) const {
  if (due >= 0 && mask.allows(due))
    mask.keep_only(due);
  else if (in_force >= 0 && !free)
    mask.remove(vocabulary_->range(kind));
}

void Steering::restrict_programs(const ProgramSet& programs) {
  grammar_->restrict_programs(programs);
  constraints_.restrict_programs(programs);
}

void Steering::meter_due(TokenId id) { state_.meter_due = id == state_.meter ? -1 : id; }
void Steering::tempo_due(TokenId id) { state_.tempo_due = id == state_.tempo ? -1 : id; }

void Steering::close() {
  state_.closing = true;
  restrict_programs({});
}

}  // namespace sage
