#include "generate/note_draw.h"

#include <algorithm>
#include <cmath>

namespace sage {
namespace {

constexpr int kMostProposals = 96;  // positions looked into, for one note

}  // namespace

/// What one call of next() works on.
struct NoteDraw::Job {
  const NoteGap& gap;
  Sequence& sequence;
  ReadHistory& model;
  std::span<const Candidate> favours;
  Random& random;
  double heat = 1;         // that wishes ask for
  std::optional<Due> due;  // a note that they ask for before the next known one

  bool is_beyond_due(int program, int position) const {
    if (!due || position < due->position) return false;
    return position > due->position || sequence.rank(program) > sequence.rank(due->program);
  }
};

NoteDraw::NoteDraw(const Tokenizer& tokenizer, const SamplerOptions& options)
    : vocabulary_(&tokenizer.vocabulary()),
      sampler_(options, tokenizer.size()),
      options_(options),
      compact_(tokenizer.config().layout == Layout::kCompact) {}

/// Whether an open program may stand at a position, before the next known note.
bool NoteDraw::may_come(const Job& job, int program, int position) const {
  const auto& next = job.gap.next;
  return position >= job.gap.from && job.gap.open(program, position) &&
         !job.is_beyond_due(program, position) &&
         (!next || position < next->position || job.sequence.rank(program) < next->rank);
}

/// Those of the caller and of the wishes, for the next token.
std::span<const Candidate> NoteDraw::favours(const Job& job) {
  const Constraints& constraints = job.sequence.constraints();
  if (constraints.empty()) return job.favours;
  favours_.assign(job.favours.begin(), job.favours.end());
  constraints.favour(favours_);
  return favours_;
}

/// Fills choices_ with what mask_ allows, at the sampler's temperature and top-p.
void NoteDraw::weigh(const Job& job) {
  job.model.logits(mask_.ranges(), logits_);
  choices_.clear();
  std::size_t next = 0;
  for (const IdRange& range : mask_.ranges())
    for (TokenId id = range.begin; id < range.end; ++id)
      choices_.push_back({id, static_cast<double>(logits_[next++])});
  for (const Candidate& favour : favours(job)) {
    const auto at = std::lower_bound(choices_.begin(), choices_.end(), favour.id,
                                     [](const Choice& c, TokenId id) { return c.id < id; });
    if (at != choices_.end() && at->id == favour.id) at->probability += favour.logit;
  }
  const double temperature = std::max(options_.temperature * job.heat, 1e-3);
  const auto by_probability = [](const Choice& a, const Choice& b) {
    return a.probability > b.probability;
  };
  std::sort(choices_.begin(), choices_.end(), by_probability);
  const double top = choices_.front().probability;
  double sum = 0;
  for (Choice& choice : choices_)
    sum += choice.probability = std::exp((choice.probability - top) / temperature);
  double mass = 0;
  std::size_t kept = 0;
  while (kept < choices_.size() && (kept == 0 || mass < options_.top_p * sum))
    mass += choices_[kept++].probability;
  choices_.resize(kept);
  for (Choice& choice : choices_) choice.probability /= mass;
}

TokenId NoteDraw::draw(const Job& job) {
  const auto ids = mask_.ranges();
  if (ids.size() == 1 && ids.front().end == ids.front().begin + 1) return ids.front().begin;
  job.model.read(job.sequence.history());
  job.model.logits(ids, logits_);
  sampler_.favour(favours(job));
  if (!job.sequence.constraints().empty()) sampler_.set_heat(job.heat);
  const TokenId id = sampler_.sample(ids, logits_, job.sequence.history().body(), job.random);
  if (const auto entropy = sampler_.take_entropy()) job.sequence.constraints().drawn(*entropy);
  return id;
}

/// Draws what a note needs after its PROGRAM, or after its PITCH in a compact chord.
DrawnNote NoteDraw::finish(const Job& job) {
  for (;;) {
    job.sequence.allowed(mask_);
    const TokenId id = draw(job);
    const ReadEvent event = job.sequence.say(id);
    if (event.type == ReadEvent::Type::kNote)
      return {event.program, {event.onset, event.duration, event.pitch, event.velocity}};
  }
}

/// The program of an open note, its position said.
void NoteDraw::say_program(const Job& job, int position) {
  const IdRange programs = vocabulary_->range(Kind::kProgram);
  job.sequence.allowed(mask_);
  mask_.filter(programs, [&](TokenId id) { return may_come(job, id - programs.begin, position); });
  job.sequence.say(draw(job));
}

/// With POSITION proposed: the share of the probability of all programs there that falls on those
/// that may come.
double NoteDraw::open_share(const Job& job, int position) {
  const auto ahead = job.sequence.reader().clone();
  ahead->push(vocabulary_->id(Kind::kPosition, position));
  ahead->allowed(mask_);
  weigh(job);
  const IdRange programs = vocabulary_->range(Kind::kProgram);
  double share = 0;
  for (const Choice& choice : choices_)
    if (choice.id >= programs.begin && choice.id < programs.end &&
        may_come(job, choice.id - programs.begin, position))
      share += choice.probability;
  return share;
}

/// What may come next, as the model has it: an open note that begins with this token, or none.
void NoteDraw::list_options(const Job& job) {
  const Sequence& sequence = job.sequence;
  const auto& next = job.gap.next;
  const int position = sequence.position();
  const int limit = next ? next->position : job.gap.limit;
  job.model.read(sequence.history());
  sequence.allowed(mask_);
  weigh(job);
  options_of_gap_.assign({{-1, 0, true}});
  double none = 0;
  for (const auto& [id, probability] : choices_) {
    const TokenEvent token = vocabulary_->event(id);
    if (token.kind == Kind::kPosition && token.value < limit) {
      const bool too_late = job.due && token.value > job.due->position;
      if (token.value >= job.gap.from && !too_late)
        options_of_gap_.push_back({id, probability, false});
    } else if (token.kind == Kind::kProgram) {
      if (may_come(job, token.value, position)) options_of_gap_.push_back({id, probability, true});
      // Of known programs the next one alone may come at its position.
      else if (next && next->position == position && next->program == token.value)
        none += probability;
    } else if (token.kind == Kind::kPitch || token.kind == Kind::kDrum) {
      if (may_come(job, sequence.program(), position))
        options_of_gap_.push_back({id, probability, true});
    } else {
      none += probability;
    }
  }
  options_of_gap_.front().weight = is_due_in_gap(job) ? 0 : none;
}

/// Whether a due note comes before the position of the next known one, or beside the last note.
bool NoteDraw::is_due_in_gap(const Job& job) const {
  const auto& next = job.gap.next;
  return job.due && (!next || job.due->position < next->position ||
                     job.due->position == job.sequence.position());
}

/// Says how the due note begins.
bool NoteDraw::begin_due(const Job& job) {
  if (job.sequence.position() != job.due->position || !compact_)
    job.sequence.say(vocabulary_->id(Kind::kPosition, job.due->position));
  job.sequence.say(vocabulary_->id(Kind::kProgram, job.due->program));
  return true;
}

/// Says how the next open note begins; false where none comes.
bool NoteDraw::begin_in_gap(const Job& job) {
  list_options(job);
  const IdRange positions = vocabulary_->range(Kind::kPosition);
  for (int proposals = 0;;) {
    double sum = 0;
    for (const Option& option : options_of_gap_) sum += option.weight;
    if (sum <= 0) return false;  // a due note is left to the caller
    double point = job.random.uniform() * sum;
    auto chosen = options_of_gap_.begin();
    while (chosen + 1 != options_of_gap_.end() && (point -= chosen->weight) >= 0) ++chosen;
    if (chosen->id < 0) return false;
    if (vocabulary_->event(chosen->id).kind != Kind::kPosition) {
      job.sequence.say(chosen->id);
      return true;
    }
    const int position = chosen->id - positions.begin;
    if (!chosen->certain) {
      if (++proposals > kMostProposals) return false;
      job.model.propose(chosen->id);
      const double share = open_share(job, position);
      chosen->certain = true;
      chosen->weight *= share;
      if (job.random.uniform() >= share) {
        job.model.retract();
        continue;
      }
      job.sequence.say(chosen->id);
      job.model.accept();
    } else {
      job.sequence.say(chosen->id);
    }
    say_program(job, position);
    return true;
  }
}

/// An open note at the position of the next known one and before it in order, where its position
/// is new: false where none comes, with the POSITION said.
bool NoteDraw::begin_before(const Job& job) {
  const auto& next = *job.gap.next;
  const IdRange programs = vocabulary_->range(Kind::kProgram);
  const auto comes = [&](int program) { return may_come(job, program, next.position); };
  const auto& order = job.sequence.order();
  if (!compact_ || next.position == job.sequence.position() ||
      std::none_of(order.begin(), order.end(), comes))
    return false;
  job.sequence.say(vocabulary_->id(Kind::kPosition, next.position));
  job.model.read(job.sequence.history());
  job.sequence.allowed(mask_);
  weigh(job);
  double open = 0, all = 0;
  for (const Choice& choice : choices_) {
    const int program = choice.id - programs.begin;
    if (comes(program)) open += choice.probability;
    if (comes(program) || program == next.program) all += choice.probability;
  }
  if (!(job.random.uniform() * all < open)) return false;  // the known note's PROGRAM follows
  say_program(job, next.position);
  return true;
}

std::optional<DrawnNote> NoteDraw::next(const NoteGap& gap, Sequence& sequence, ReadHistory& model,
                                        std::span<const Candidate> favours, Random& random) {
  Job job = {gap, sequence, model, favours, random};
  const Constraints& constraints = sequence.constraints();
  if (!constraints.empty()) {
    job.heat = constraints.heat();
    const Due* due = constraints.due();
    const auto& known = gap.next;
    if (due != nullptr && due->position >= gap.from && due->position < gap.limit &&
        gap.open(due->program, due->position) &&
        (!known || std::pair(due->position, sequence.rank(due->program)) <
                       std::pair(known->position, known->rank)))
      job.due = *due;
  }
  if (begin_in_gap(job) || (job.due && begin_due(job))) return finish(job);
  if (gap.next && begin_before(job)) return finish(job);
  return std::nullopt;
}

}  // namespace sage
