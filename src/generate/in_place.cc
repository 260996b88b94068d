#include "generate/in_place.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "base/random.h"
#include "generate/history.h"
#include "generate/holes.h"
#include "generate/sampler.h"

namespace sage {
namespace {

constexpr double kContextBefore = 0.6;  // of the model's context, for the bars before a hole
constexpr double kKeptContext = 0.6;    // of it, where the context is full and read again
constexpr std::size_t kSpareTokens = 8;
constexpr int kMostProposals = 96;  // positions looked into, a bar
constexpr int kBarsAfter = 2;       // in which kept pitches judge a take

/// What a model has read of a history, and its logits where the history ends.
class ReadHistory {
 public:
  ReadHistory(const Engine& engine, int threads)
      : engine_(engine),
        cache_(engine.model().config(), {.type = engine.cache_type()}),
        workspace_(engine.model().config(), WorkspaceOptions{.threads = threads}) {}

  /// Reads what the history has more than it had. Where the context is full, its latest part is
  /// read again.
  void read(const TokenHistory& history) {
    const auto unread = history.all().subspan(forwarded_);
    const auto length = static_cast<std::size_t>(cache_.length());
    if (length + unread.size() + kSpareTokens > static_cast<std::size_t>(engine_.context())) {
      cache_.truncate(0);
      restarted_ = true;
      const auto budget = static_cast<std::size_t>(kKeptContext * engine_.context());
      engine_.model().forward(history.context(budget), cache_, workspace_);
    } else if (!unread.empty()) {
      engine_.model().forward(unread, cache_, workspace_);
    }
    forwarded_ = history.size();
  }
  /// Reads one token that the history does not have; retract() forgets it again, accept() has it
  /// count as read.
  void propose(TokenId id) { engine_.model().forward({&id, 1}, cache_, workspace_); }
  void retract() { cache_.truncate(cache_.length() - 1); }
  void accept() { ++forwarded_; }

  void logits(std::span<const IdRange> ids, std::vector<float>& out) {
    rows_.clear();
    std::size_t count = 0;
    for (const IdRange& range : ids) {
      rows_.push_back({range.begin, range.end});
      count += static_cast<std::size_t>(range.end - range.begin);
    }
    out.resize(count);
    engine_.model().logits(workspace_, rows_, out);
  }

  struct Mark {
    std::size_t forwarded;
    std::int64_t length;
  };
  Mark mark() {
    restarted_ = false;
    return {forwarded_, cache_.length()};
  }
  void rewind(const Mark& mark) {
    forwarded_ = restarted_ ? 0 : mark.forwarded;
    cache_.truncate(restarted_ ? 0 : mark.length);
    // The state behind the last token is gone, so the token is read once more.
    if (forwarded_ > 0) {
      --forwarded_;
      cache_.truncate(cache_.length() - 1);
    }
  }
  Workspace& workspace() { return workspace_; }

 private:
  const Engine& engine_;
  KvCache cache_;
  Workspace workspace_;
  std::vector<RowRange> rows_;
  std::size_t forwarded_ = 0;  // tokens of the history
  bool restarted_ = false;     // since the mark
};

struct Kept {
  int position;  // in its bar
  int rank;      // of its program
  int program;
  Note note;
};

/// The probability of each token that may come next, cut to the likeliest.
struct Choice {
  TokenId id;
  double probability;
};

/// Of a token among those that are legal; logits of the whole vocabulary.
double nats_of(TokenId id, std::span<const float> logits, const TokenMask& legal) {
  double sum = 0;
  for (const IdRange& range : legal.ranges())
    for (TokenId other = range.begin; other < range.end; ++other)
      sum += std::exp(static_cast<double>(logits[static_cast<std::size_t>(other)]));
  return std::log(sum) - static_cast<double>(logits[static_cast<std::size_t>(id)]);
}

class InPlaceWriter {
 public:
  InPlaceWriter(const Engine& engine, const InfillRequest& request, PieceWithHoles piece)
      : engine_(engine),
        tokenizer_(engine.tokenizer()),
        vocabulary_(tokenizer_.vocabulary()),
        request_(request),
        piece_(std::move(piece)),
        sampler_(request.sampler, tokenizer_.size()),
        model_(engine, request.threads),
        history_(tokenizer_),
        reader_(tokenizer_.reader()) {}

  Result<Infilled> run(const InfillCallback& callback);

 private:
  using Notes = std::vector<std::pair<int, Note>>;  // program, note in grid ticks of the piece

  void order_programs();
  int rank(int program) const;
  BarRange context_before() const;
  std::vector<TokenId> encode(BarRange bars, bool end) const;
  std::vector<Kept> kept_in(int bar) const;

  bool write_take(const InfillCallback& callback, int take, Notes& notes);
  void write_bar(int bar, Notes& notes);
  void say_bar(int bar);
  void say(TokenId id);
  void say_kept(const Kept& kept);
  void finish_note(Notes& notes);
  bool draw_note(const Kept* next, int bar_steps, Notes& notes);
  bool draw_before(const Kept& next, Notes& notes);
  double asked_share(const Kept* next, int position);
  bool may_come(int program, const Kept* next, int position) const;
  void weigh();
  TokenId draw(std::span<const IdRange> ids);
  std::size_t silent_programs(const Notes& notes) const;
  double pitch_nats(const Notes& notes);

  const Engine& engine_;
  const Tokenizer& tokenizer_;
  const Vocabulary& vocabulary_;
  const InfillRequest& request_;
  PieceWithHoles piece_;
  Sampler sampler_;
  ReadHistory model_;
  TokenHistory history_;
  std::unique_ptr<EventReader> reader_;
  Random random_{0};
  std::vector<int> order_;  // of the header
  std::vector<float> logits_;
  std::vector<Choice> choices_;
  TokenMask mask_;
  Tick offset_;                      // of the window's first bar in the piece
  int position_ = -1;                // of the last note in the bar
  int program_ = -1;                 // of the last note at that position
  int proposals_ = 0;                // in this bar
  TokenId meter_ = -1, tempo_ = -1;  // in force
};

/// Kept parts first, so that the others answer them at every position; where the model has no
/// order of its own, ascending.
void InPlaceWriter::order_programs() {
  for (const bool asked : {false, true})
    for (int program = 0; program < kProgramCount; ++program) {
      const BarRange all = {0, static_cast<int>(piece_.piece().bars.size())};
      if (piece_.is_asked(program) != asked) continue;
      if (asked || !piece_.notes_in(program, all).empty()) order_.push_back(program);
    }
  if (tokenizer_.config().order == ProgramOrder::kNumber) std::sort(order_.begin(), order_.end());
}

int InPlaceWriter::rank(int program) const {
  const auto at = std::find(order_.begin(), order_.end(), program);
  return at == order_.end() ? kProgramCount + program : static_cast<int>(at - order_.begin());
}

/// The window's tokens: its header has all programs of the piece.
std::vector<TokenId> InPlaceWriter::encode(BarRange bars, bool end) const {
  EncodeOptions options;
  if (tokenizer_.config().order == ProgramOrder::kHeader) options.order = order_;
  options.end = end;
  if (bars.begin < bars.end) return tokenizer_.write(piece_.window(bars), options);
  std::vector<TokenId> ids = {vocabulary_.id(Kind::kBos)};
  for (const int program : order_) ids.push_back(vocabulary_.id(Kind::kProgram, program));
  ids.push_back(vocabulary_.id(Kind::kStart));
  return ids;
}

/// As many bars before the hole as the model is to read.
BarRange InPlaceWriter::context_before() const {
  const auto budget = static_cast<std::size_t>(kContextBefore * engine_.context());
  BarRange bars = {piece_.bars().begin, piece_.bars().begin};
  while (bars.begin > 0) {
    const BarRange wider = {std::max(0, bars.begin - 4), bars.end};
    // History cuts a bar that is too long where a note may begin; so one bar is always read.
    if (bars.begin < bars.end && encode(wider, false).size() > budget) break;
    bars = wider;
  }
  return bars;
}

std::vector<Kept> InPlaceWriter::kept_in(int bar) const {
  std::vector<Kept> kept;
  const Tick start = piece_.bar(bar).start;
  for (const int program : order_)
    for (const Note& note : piece_.notes_in(program, {bar, bar + 1}))
      kept.push_back({static_cast<int>((note.onset - start).count), rank(program), program, note});
  std::sort(kept.begin(), kept.end(), [](const Kept& a, const Kept& b) {
    return std::tuple(a.position, a.rank, a.note.pitch) <
           std::tuple(b.position, b.rank, b.note.pitch);
  });
  return kept;
}

void InPlaceWriter::say(TokenId id) {
  reader_->push(id);
  history_.push(id);
}

void InPlaceWriter::say_bar(int bar) {
  say(vocabulary_.id(Kind::kBar));
  position_ = program_ = -1;
  proposals_ = 0;
  const Quantised& piece = piece_.piece();
  const TokenId meter =
      vocabulary_.id(Kind::kTimeSignature, *vocabulary_.meter_index(piece_.bar(bar).meter));
  TokenId tempo = tempo_;
  for (const TempoChange& change : piece.score.tempos)
    if (change.time <= piece_.bar(bar).start)
      tempo = vocabulary_.id(Kind::kTempo, vocabulary_.tempo_index(change.us_per_quarter));
  if (meter != meter_) say(meter_ = meter);
  if (tempo != tempo_) say(tempo_ = tempo);
}

void InPlaceWriter::say_kept(const Kept& kept) {
  const bool compact = tokenizer_.config().layout == Layout::kCompact;
  const bool moved = kept.position != position_;
  if (moved || !compact) say(vocabulary_.id(Kind::kPosition, kept.position));
  if (moved || !compact || kept.program != program_)
    say(vocabulary_.id(Kind::kProgram, kept.program));
  say(vocabulary_.id(kept.program == kDrumProgram ? Kind::kDrum : Kind::kPitch, kept.note.pitch));
  if (vocabulary_.velocity_bins() > 0)
    say(vocabulary_.id(Kind::kVelocity, vocabulary_.velocity_bin(kept.note.velocity)));
  say(vocabulary_.id(Kind::kDuration,
                     vocabulary_.duration_index(static_cast<double>(kept.note.duration.count))));
  position_ = kept.position;
  program_ = kept.program;
}

/// Fills choices_ with what the grammar allows, at the sampler's temperature and top-p.
void InPlaceWriter::weigh() {
  mask_.remove(vocabulary_.range(Kind::kHole));
  mask_.remove(vocabulary_.range(Kind::kFill));
  model_.logits(mask_.ranges(), logits_);
  choices_.clear();
  const double temperature = std::max(request_.sampler.temperature, 1e-3);
  const float top = *std::max_element(logits_.begin(), logits_.end());
  std::size_t next = 0;
  double sum = 0;
  for (const IdRange& range : mask_.ranges())
    for (TokenId id = range.begin; id < range.end; ++id) {
      const double weight =
          std::exp((static_cast<double>(logits_[next++]) - static_cast<double>(top)) / temperature);
      choices_.push_back({id, weight});
      sum += weight;
    }
  std::sort(choices_.begin(), choices_.end(),
            [](const Choice& a, const Choice& b) { return a.probability > b.probability; });
  double mass = 0;
  std::size_t kept = 0;
  while (kept < choices_.size() && (kept == 0 || mass < request_.sampler.top_p * sum))
    mass += choices_[kept++].probability;
  choices_.resize(kept);
  for (Choice& choice : choices_) choice.probability /= mass;
}

/// Whether a note of an asked program may stand at a position of the bar, before the next kept one.
bool InPlaceWriter::may_come(int program, const Kept* next, int position) const {
  if (!piece_.is_asked(program)) return false;
  return next == nullptr || position < next->position || rank(program) < next->rank;
}

TokenId InPlaceWriter::draw(std::span<const IdRange> ids) {
  if (ids.size() == 1 && ids.front().end == ids.front().begin + 1) return ids.front().begin;
  model_.read(history_);
  model_.logits(ids, logits_);
  return sampler_.sample(ids, logits_, history_.body(), random_);
}

/// Draws what a note needs after its PROGRAM, or after its PITCH in a compact chord.
void InPlaceWriter::finish_note(Notes& notes) {
  for (;;) {
    reader_->allowed(mask_);
    const TokenId id = draw(mask_.ranges());
    history_.push(id);
    const ReadEvent event = reader_->push(id);
    if (event.type != ReadEvent::Type::kNote) continue;
    program_ = event.program;
    notes.emplace_back(event.program,
                       Note{event.onset + offset_, event.duration, event.pitch, event.velocity});
    return;
  }
}

/// With POSITION proposed: the share of the probability of all programs there that falls on those
/// that may come.
double InPlaceWriter::asked_share(const Kept* next, int position) {
  const auto ahead = reader_->clone();
  ahead->push(vocabulary_.id(Kind::kPosition, position));
  ahead->allowed(mask_);
  weigh();
  const IdRange programs = vocabulary_.range(Kind::kProgram);
  double share = 0;
  for (const Choice& choice : choices_)
    if (choice.id >= programs.begin && choice.id < programs.end &&
        may_come(choice.id - programs.begin, next, position))
      share += choice.probability;
  return share;
}

/// The asked note that comes before the next kept one, or before the bar line; false where none
/// does.
bool InPlaceWriter::draw_note(const Kept* next, int bar_steps, Notes& notes) {
  const IdRange positions = vocabulary_.range(Kind::kPosition);
  const IdRange programs = vocabulary_.range(Kind::kProgram);
  const int limit = next != nullptr ? next->position : bar_steps;
  model_.read(history_);
  reader_->allowed(mask_);
  weigh();
  struct Option {
    TokenId id;  // -1: no asked note before the next kept one
    double weight;
    bool certain;  // the weight needs no look ahead
  };
  std::vector<Option> options = {{-1, 0, true}};
  for (const auto& [id, probability] : choices_) {
    const TokenEvent token = vocabulary_.event(id);
    if (token.kind == Kind::kPosition && token.value < limit) {
      options.push_back({id, probability, false});
    } else if (token.kind == Kind::kProgram) {
      if (may_come(token.value, next, position_)) options.push_back({id, probability, true});
      // Of kept programs the next one alone may come at its position.
      else if (next != nullptr && next->position == position_ && next->program == token.value)
        options.front().weight += probability;
    } else if (token.kind == Kind::kPitch || token.kind == Kind::kDrum) {
      if (piece_.is_asked(program_)) options.push_back({id, probability, true});
    } else {
      options.front().weight += probability;
    }
  }
  for (;;) {
    double sum = 0;
    for (const Option& option : options) sum += option.weight;
    if (sum <= 0) return false;
    double point = random_.uniform() * sum;
    auto chosen = options.begin();
    while (chosen + 1 != options.end() && (point -= chosen->weight) >= 0) ++chosen;
    if (chosen->id < 0) return false;
    if (!chosen->certain) {
      if (++proposals_ > kMostProposals) return false;
      const int position = chosen->id - positions.begin;
      model_.propose(chosen->id);
      const double share = asked_share(next, position);
      chosen->certain = true;
      chosen->weight *= share;
      if (random_.uniform() >= share) {
        model_.retract();
        continue;
      }
      say(chosen->id);
      model_.accept();
      position_ = position;
      reader_->allowed(mask_);
      mask_.filter(programs,
                   [&](TokenId id) { return may_come(id - programs.begin, next, position); });
      say(draw(mask_.ranges()));
    } else {
      const TokenEvent token = vocabulary_.event(chosen->id);
      if (token.kind == Kind::kPosition) {  // looked into before
        say(chosen->id);
        position_ = token.value;
        reader_->allowed(mask_);
        mask_.filter(programs,
                     [&](TokenId id) { return may_come(id - programs.begin, next, position_); });
        say(draw(mask_.ranges()));
      } else {
        say(chosen->id);
      }
    }
    finish_note(notes);
    return true;
  }
}

/// An asked note at the position of the next kept one and before it in order, where its position
/// is new; false where none comes.
bool InPlaceWriter::draw_before(const Kept& next, Notes& notes) {
  const auto comes_before = [&](int program) { return rank(program) < next.rank; };
  if (next.position == position_ ||
      std::none_of(piece_.programs().begin(), piece_.programs().end(), comes_before))
    return false;
  say(vocabulary_.id(Kind::kPosition, next.position));
  position_ = next.position;
  program_ = -1;
  model_.read(history_);
  reader_->allowed(mask_);
  weigh();
  const IdRange programs = vocabulary_.range(Kind::kProgram);
  double asked = 0, all = 0;
  for (const Choice& choice : choices_) {
    const int program = choice.id - programs.begin;
    if (may_come(program, &next, next.position)) asked += choice.probability;
    if (piece_.is_asked(program) || program == next.program) all += choice.probability;
  }
  if (!(random_.uniform() * all < asked)) {
    // The kept note's own PROGRAM follows.
    return false;
  }
  reader_->allowed(mask_);
  mask_.filter(programs,
               [&](TokenId id) { return may_come(id - programs.begin, &next, next.position); });
  say(draw(mask_.ranges()));
  finish_note(notes);
  return true;
}

void InPlaceWriter::write_bar(int bar, Notes& notes) {
  const std::vector<Kept> kept = kept_in(bar);
  const auto steps = static_cast<int>(piece_.bar(bar).length.count);
  say_bar(bar);
  for (std::size_t i = 0; i <= kept.size(); ++i) {
    const Kept* next = i < kept.size() ? &kept[i] : nullptr;
    while (draw_note(next, steps, notes)) {
    }
    if (next == nullptr) break;
    const bool placed = tokenizer_.config().layout == Layout::kCompact && draw_before(*next, notes);
    while (placed && draw_note(next, steps, notes)) {
    }
    say_kept(*next);
  }
}

/// Of those that are asked for.
std::size_t InPlaceWriter::silent_programs(const Notes& notes) const {
  const auto& asked = piece_.programs();
  return static_cast<std::size_t>(std::count_if(asked.begin(), asked.end(), [&](int program) {
    return std::none_of(notes.begin(), notes.end(),
                        [&](const auto& note) { return note.first == program; });
  }));
}

/// Mean nats of the kept pitches from the hole on, given the notes of a take.
double InPlaceWriter::pitch_nats(const Notes& notes) {
  PieceWithHoles with = piece_;
  for (const auto& [program, note] : notes) with.add(program, {&note, 1});
  std::swap(with, piece_);
  const auto count = static_cast<int>(piece_.piece().bars.size());
  const BarRange hole = piece_.bars();
  BarRange bars = {std::max(0, hole.begin - 4), std::min(count, hole.end + kBarsAfter)};
  auto ids = encode(bars, false);
  const auto context = static_cast<std::size_t>(engine_.context());
  while (ids.size() > context && bars.begin < bars.end - 1)
    ids = encode({++bars.begin, bars.end}, false);
  std::swap(with, piece_);
  if (ids.size() > context) ids.resize(context);

  const auto size = static_cast<std::size_t>(tokenizer_.size());
  KvCache cache(engine_.model().config(), {.type = engine_.cache_type()});
  std::vector<float> logits(ids.size() * size);
  engine_.model().forward_all(ids, cache, model_.workspace(), logits);
  const auto reader = tokenizer_.reader();
  const Tick shift = piece_.bar(bars.begin).start;
  const Tick from = piece_.bar(hole.begin).start - shift,
             to = piece_.bar(hole.end - 1).end() - shift;
  int program = -1;
  double nats = 0, pitches = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const TokenEvent token = vocabulary_.event(ids[i]);
    const Tick now = reader->now();
    if (token.kind == Kind::kProgram) program = token.value;
    const bool is_pitch = token.kind == Kind::kPitch || token.kind == Kind::kDrum;
    const bool is_new = piece_.is_asked(program) && now < to;
    if (is_pitch && now >= from && !is_new) {
      reader->allowed(mask_);
      nats += nats_of(ids[i], std::span(logits).subspan((i - 1) * size, size), mask_);
      ++pitches;
    }
    reader->push(ids[i]);
  }
  return pitches > 0 ? nats / pitches : 0;
}

/// False: interrupted.
bool InPlaceWriter::write_take(const InfillCallback& callback, int take, Notes& notes) {
  random_ = Random(request_.seed + static_cast<std::uint64_t>(take));
  const int count = piece_.bars().end - piece_.bars().begin;
  for (int bar = piece_.bars().begin; bar < piece_.bars().end; ++bar) {
    const int done = take * count + bar - piece_.bars().begin;
    if (callback && !callback(done / request_.takes, count)) return false;
    write_bar(bar, notes);
  }
  return true;
}

Result<Infilled> InPlaceWriter::run(const InfillCallback& callback) {
  order_programs();
  const BarRange before = context_before();
  for (const TokenId id : encode(before, false)) {
    const Kind kind = vocabulary_.event(id).kind;
    if (kind == Kind::kTimeSignature) meter_ = id;
    if (kind == Kind::kTempo) tempo_ = id;
    say(id);
  }
  offset_ = piece_.bar(before.begin).start;
  model_.read(history_);

  const TokenHistory history = history_;
  const auto reader = reader_->clone();
  const auto mark = model_.mark();
  const auto in_force = std::pair(meter_, tempo_);
  Notes best;
  std::pair<std::size_t, double> least;  // silent programs, nats
  for (int take = 0; take < request_.takes; ++take) {
    if (take > 0) {
      history_ = history;
      reader_->copy_from(*reader);
      std::tie(meter_, tempo_) = in_force;
      model_.rewind(mark);
    }
    Notes notes;
    if (!write_take(callback, take, notes)) return fail(ErrorCode::kInterrupted, "interrupted");
    const std::pair cost = {silent_programs(notes), request_.takes > 1 ? pitch_nats(notes) : 0.0};
    if (take > 0 && cost >= least) continue;
    best = std::move(notes);
    least = cost;
  }
  for (const auto& [program, note] : best) piece_.add(program, {&note, 1});
  Infilled out = piece_.result();
  out.stretches = 1;
  return out;
}

}  // namespace

bool can_write_in_place(const Engine& engine) {
  const Tokenizer& tokenizer = engine.tokenizer();
  return tokenizer.config().scheme == "remi+" && !tokenizer.has_merges() &&
         !engine.model().output().compound;
}

Result<Infilled> infill_in_place(std::shared_ptr<const Engine> engine, const InfillRequest& request,
                                 const InfillCallback& callback) {
  auto piece = PieceWithHoles::create(request, engine->tokenizer());
  if (!piece) return tl::unexpected(piece.error());
  return InPlaceWriter(*engine, request, *std::move(piece)).run(callback);
}

}  // namespace sage
