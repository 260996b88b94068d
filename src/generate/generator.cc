#include "generate/generator.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "generate/limits.h"
#include "generate/takes.h"
#include "score/timeline.h"

namespace sage {
namespace {

constexpr int kEndingBars = 2;
constexpr double kLikelyEnd = 0;     // log odds: likelier than another bar
constexpr int kEndingsTogether = 8;  // in one pass of the model

ProgramSet set_of(const std::vector<int>& programs) {
  ProgramSet set;
  for (const int program : programs) set.set(static_cast<std::size_t>(program));
  return set;
}

}  // namespace

Generator::Generator(std::shared_ptr<const Engine> engine, const Request& request,
                     const GeneratorOptions& options)
    : engine_(std::move(engine)),
      request_(request),
      steering_(engine_->tokenizer(), request),
      history_(engine_->tokenizer()),
      picker_(engine_, request.sampler, request.seed, options),
      generated_(engine_->tokenizer().config().grid),
      fields_(static_cast<std::size_t>(engine_->model().config().fields)) {
  if (engine_->model().output().shifted)
    delayed_.emplace(steering_, engine_->model().config().fields);
}

Result<Generator> Generator::create(std::shared_ptr<const Engine> engine, const Request& request,
                                    const GeneratorOptions& options) {
  if (auto ok = check_request(*engine, request); !ok) return tl::unexpected(ok.error());
  Generator generator(std::move(engine), request, options);
  if (auto ok = generator.begin(); !ok) return tl::unexpected(ok.error());
  return generator;
}

Result<void> Generator::begin() {
  const Vocabulary& vocabulary = engine_->tokenizer().vocabulary();
  if (request_.prompt) {
    if (auto ok = begin_prompt(); !ok) return ok;
  } else {
    begin_header();
  }
  if (request_.meter)
    steering_.meter_due(
        vocabulary.id(Kind::kTimeSignature, *vocabulary.meter_index(*request_.meter)));
  if (request_.bpm)
    steering_.tempo_due(vocabulary.id(Kind::kTempo, vocabulary.tempo_index(60e6 / *request_.bpm)));
  steering_.follow_request(last_bar());
  favour();
  if (!delayed_) return {};
  while (history_.size() % fields_ != 0) say(kPadId);
  delayed_->start(history_.all());
  return {};
}

void Generator::begin_header() {
  const Vocabulary& vocabulary = engine_->tokenizer().vocabulary();
  say(vocabulary.id(Kind::kBos));
  std::vector<int> programs = request_.programs;
  if (!programs.empty()) {
    std::sort(programs.begin(), programs.end());
    programs.erase(std::unique(programs.begin(), programs.end()), programs.end());
    for (const int program : programs) say(vocabulary.id(Kind::kProgram, program));
    steering_.expect(set_of(programs));
  } else {
    // The model names its own ensemble, and keeps to it.
    for (bool named = false; !named;) {
      const TokenId id = choose();
      for (const TokenId base : engine_->tokenizer().expansion(id)) {
        const auto [kind, value] = vocabulary.event(base);
        if (kind == Kind::kProgram) programs.push_back(value);
        named = named || kind == Kind::kStart;
      }
      if (!named) take(id);
    }
  }
  say(vocabulary.id(Kind::kStart));
  prompt_tokens_ = history_.size();
  if (!programs.empty()) steering_.restrict_programs(set_of(programs));
}

Result<void> Generator::begin_prompt() {
  const Tokenizer& tokenizer = engine_->tokenizer();
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  auto prompt = cut_prompt(*request_.prompt, request_.prompt_bars, tokenizer, request_.prompt_end);
  if (!prompt) return tl::unexpected(prompt.error());
  prompt_ = *std::move(prompt);
  request_.prompt.reset();

  std::vector<int> programs = request_.programs;
  for (const Track& track : prompt_->piece.score.tracks)
    programs.push_back(track.program_or_drum());
  std::sort(programs.begin(), programs.end());
  programs.erase(std::unique(programs.begin(), programs.end()), programs.end());
  say(vocabulary.id(Kind::kBos));
  for (const int program : programs) say(vocabulary.id(Kind::kProgram, program));
  say(vocabulary.id(Kind::kStart));
  const auto body = tokenizer.write(prompt_->piece, {.header = false, .holes = {}, .end = false});
  const auto first = static_cast<std::size_t>(tokenizer.stride() + 1);  // after BOS START
  for (const TokenId id : tokenizer.merge(std::span(body).subspan(first))) {
    for (const TokenId base : tokenizer.expansion(id)) steering_.push(base);
    history_.push(id);
  }
  prompt_bars_ = steering_.bars_begun();
  prompt_tokens_ = history_.size();
  const ProgramSet ensemble = set_of(request_.programs.empty() ? programs : request_.programs);
  steering_.restrict_programs(ensemble);
  steering_.expect(ensemble);

  // A last bar that was cut short, by a pickup say, must not hand its meter on.
  steering_.meter_due(
      vocabulary.id(Kind::kTimeSignature, *vocabulary.meter_index(prompt_->listed)));
  if (!request_.meter) request_.bars *= prompt_->listed_bars;
  // The prompt's last bar is complete: what is new begins with a bar of its own.
  anchor_ = prompt_end_ = say(vocabulary.id(Kind::kBar)).onset;
  us_per_quarter_ = TempoMap(prompt_->score).tempo_at(prompt_->end);
  // A tempo on the cut counts for what follows; the tokens know the last bar's mean.
  const auto& tempos = prompt_->score.tempos;
  if (!tempos.empty() && tempos.back().time == prompt_->end)
    steering_.tempo_due(vocabulary.id(Kind::kTempo, vocabulary.tempo_index(us_per_quarter_)));
  // The file's tempo at the end need not be the last bar's mean, which is what the tokens know.
  if (request_.bpm) {
    ReadEvent tempo;
    tempo.type = ReadEvent::Type::kTempo;
    tempo.onset = anchor_;
    tempo.us_per_quarter = us_per_quarter_ = exact_tempo();
    generated_.add(tempo);
  }
  return {};
}

/// Gives a base token to the reader and keeps account of it, after whatever must stand before it.
/// Precondition: the grammar allows it then.
ReadEvent Generator::say(TokenId id) {
  for (;;) {
    steering_.allowed(mask_);
    const bool forced = mask_.count() == 1 && !mask_.allows(id);
    const TokenId next = forced ? mask_.ranges().front().begin : id;
    history_.push(next);
    const ReadEvent event = steering_.push(next);
    if (!forced) return event;
  }
}

TokenId Generator::choose() {
  if (delayed_) {  // in the header, whose steps are complete with their first field
    steering_.allowed(mask_);
    if (mask_.count() == 1) return mask_.ranges().front().begin;
    delayed_->start(history_.all());
    picker_.read_rows(*delayed_, history_);
    return picker_.pick_field(static_cast<int>(history_.size() % fields_), mask_, history_);
  }
  return picker_.pick(steering_, history_);
}

/// BAR and EOS both say that the bar is complete. Which of them is written is the request's to
/// decide, where both are legal: a model that may not say the one it wants would fill the bar with
/// nonsense instead. Nothing where the piece should end and may not yet, because notes still sound
/// in a scheme that ends them by tokens of their own.
std::optional<TokenId> Generator::end_of_bar(TokenId base, const EventReader& reader) const {
  const Vocabulary& vocabulary = engine_->tokenizer().vocabulary();
  const TokenId bar = vocabulary.id(Kind::kBar);
  const TokenId end = vocabulary.id(Kind::kEos);
  if (base != bar && base != end) return base;
  const bool last = reader.bars_begun() >= last_bar();
  const TokenId due = last ? end : bar;
  TokenMask mask;
  reader.allowed(mask);
  if (mask.allows(due)) return due;
  if (last && base == bar) return std::nullopt;
  return base;
}

/// Whether an event is to be reported. A note that the prompt began may end only now, in schemes
/// that end notes by tokens of their own; the prompt has it already.
bool Generator::is_new(const ReadEvent& event) const {
  if (event.type == ReadEvent::Type::kNote && event.onset < prompt_end_) return false;
  return event.type != ReadEvent::Type::kNothing;
}

void Generator::report(ReadEvent event) {
  if (event.type == ReadEvent::Type::kTempo && !request_.allow_tempo_changes) {
    if (request_.bpm)
      event.us_per_quarter = exact_tempo();
    else if (prompt_)
      event.us_per_quarter = us_per_quarter_;
  }
  if (is_new(event)) events_.push_back(event);
}

/// Writes one row of delayed steps, and reads the step that it completes into events_.
void Generator::take_row() {
  events_.clear();
  next_event_ = 0;
  picker_.read_rows(*delayed_, history_);
  const auto choose_field = [&](int field, const TokenMask& mask, const EventReader& reader) {
    TokenId id = picker_.pick_field(field, mask, history_);
    if (field == 0) id = end_of_bar(id, reader).value_or(id);
    last_step_begun_ |= id == engine_->tokenizer().vocabulary().id(Kind::kEos);
    return id;
  };
  for (const TokenId id : delayed_->write_row(steering_, !last_step_begun_, choose_field)) {
    report(steering_.push(id));
    history_.push(id);
  }
  favour();
  ended_ = last_step_begun_ && delayed_->idle() && events_.empty();
}

void Generator::take(TokenId id) {
  if (const auto entropy = picker_.take_entropy()) steering_.drawn(*entropy);
  hear(id);
  favour();
}

void Generator::favour() {
  picker_.favour(steering_.favours());
  if (request_.wishes.surprise) picker_.set_heat(steering_.constraints().heat());
}

/// Reads a token of the model into events_. Where the request ends the piece within a merged token,
/// the rest of it is dropped and the model told so in base tokens.
void Generator::hear(TokenId id) {
  events_.clear();
  next_event_ = 0;
  const auto expansion = engine_->tokenizer().expansion(id);
  for (std::size_t i = 0; i < expansion.size(); ++i) {
    const TokenId wanted = expansion[i];
    const auto base = end_of_bar(wanted, steering_);
    if (base) {
      report(steering_.push(*base));
    } else {
      steering_.close();
    }
    if (base == wanted) continue;
    for (const TokenId read : expansion.first(i)) history_.push(read);
    if (base) history_.push(*base);
    return;
  }
  history_.push(id);
}

/// The next token of the ending that was chosen; nothing before its bars have begun.
std::optional<TokenId> Generator::of_ending() {
  const bool due = request_.endings > 0 && steering_.bars_begun() > last_bar() - kEndingBars;
  if (due && ending_.empty()) choose_ending();
  if (next_of_ending_ == ending_.size()) return std::nullopt;
  return ending_[next_of_ending_++];
}

/// Writes endings in branches of this stream until one is likely, and keeps the tokens of the best.
void Generator::choose_ending() {
  picker_.prepare_branches(history_);
  const std::uint64_t seeds = Random(request_.seed).next();
  while (endings_tried_ < request_.endings && end_odds_ <= kLikelyEnd) {
    const int count = std::min(kEndingsTogether, request_.endings - endings_tried_);
    Takes endings(engine_, picker_.workspace());
    for (int i = 0; i < count; ++i)
      endings.add(branch(seeds + static_cast<std::uint64_t>(endings_tried_++)));
    while (endings.advance()) {
    }
    for (const Generator& stream : endings.streams()) {
      if (!ending_.empty() && stream.end_odds_ <= end_odds_) continue;
      const auto ending = stream.tokens().subspan(history_.size());
      ending_.assign(ending.begin(), ending.end());
      end_odds_ = stream.end_odds_;
    }
  }
}

/// A stream that goes on from here, with random numbers of its own.
Generator Generator::branch(std::uint64_t seed) const {
  Request request = request_;
  request.endings = request.max_notes = 0;
  request.max_seconds = 0;
  request.seed = seed;
  Generator branch(engine_, request, {.drafts = false, .workspace = picker_.workspace()});
  branch.is_branch_ = true;
  branch.prompt_bars_ = prompt_bars_;
  branch.steering_.copy_from(steering_);
  branch.history_ = history_;
  branch.picker_.start_like(picker_);
  branch.favour();
  return branch;
}

/// In a branch, asks the model for the odds of an end where a token that it drew completes the last
/// bar.
void Generator::judge_end(TokenId id) {
  if (!is_branch_ || steering_.bars_begun() < last_bar()) return;
  const Vocabulary& vocabulary = engine_->tokenizer().vocabulary();
  const TokenId bar = vocabulary.id(Kind::kBar), end = vocabulary.id(Kind::kEos);
  if (id == bar || id == end) end_odds_ = picker_.log_odds(end, bar, history_);
}

/// Follows the tempo; then, whether a note lies at or after the limit in seconds.
bool Generator::is_too_late(const ReadEvent& event) {
  const double quarters =
      static_cast<double>((event.onset - anchor_).count) / engine_->tokenizer().config().grid;
  const double seconds = anchor_seconds_ + quarters * us_per_quarter_ * 1e-6;
  if (event.type == ReadEvent::Type::kTempo) {
    anchor_ = event.onset;
    anchor_seconds_ = seconds;
    us_per_quarter_ = event.us_per_quarter;
  }
  return request_.max_seconds > 0 && event.type == ReadEvent::Type::kNote &&
         seconds >= request_.max_seconds;
}

bool Generator::is_full() const {
  return request_.max_notes > 0 && notes() >= static_cast<std::size_t>(request_.max_notes);
}

std::optional<ReadEvent> Generator::pop() {
  if (!ended_ && !is_full()) {
    if (next_event_ == events_.size()) return std::nullopt;
    const ReadEvent event = events_[next_event_++];
    if (event.type != ReadEvent::Type::kEnd && !is_too_late(event)) {
      generated_.add(event);
      return event;
    }
  }
  ended_ = true;
  ReadEvent end;
  end.type = ReadEvent::Type::kEnd;
  return end;
}

ReadEvent Generator::next() {
  for (;;) {
    if (const auto event = pop()) return *event;
    if (delayed_)
      take_row();
    else if (const auto chosen = of_ending())
      take(*chosen);
    else
      take(choose());
  }
}

bool Generator::settle() {
  for (;;) {
    if (const auto event = pop()) {
      if (event->type == ReadEvent::Type::kEnd) return false;
    } else if (const auto chosen = of_ending()) {
      take(*chosen);
    } else if (const auto only = picker_.forced(steering_)) {
      take(*only);
    } else {
      return true;
    }
  }
}

std::uint32_t Generator::exact_tempo() const {
  return static_cast<std::uint32_t>(std::lround(60e6 / *request_.bpm));
}

NewBars Generator::new_bars() const {
  return {prompt_, generated_.build(), prompt_end_, steering_.bar_end()};
}

Score Generator::score() const {
  Score generated = generated_.build();
  if (prompt_) return join(*prompt_, generated);
  for (Track& track : generated.tracks) untangle(track.notes, 0);
  return generated;
}

}  // namespace sage
