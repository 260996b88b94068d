#include "generate/generator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "score/timeline.h"

namespace sage {
namespace {

// When the context is full, this share of it is kept and read again behind a fresh header, so that
// the model always sees what it saw in training: a header and whole bars.
constexpr double kKeptContext = 0.6;

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
      reader_(engine_->tokenizer().reader()),
      history_(engine_->tokenizer().vocabulary()),
      generated_(engine_->tokenizer().config().grid),
      random_(request.seed),
      sampler_(request.sampler, engine_->tokenizer().vocabulary().size()),
      cache_(engine_->model().config(), {.type = engine_->cache_type()}),
      workspace_(std::make_unique<Workspace>(engine_->model().config(),
                                             WorkspaceOptions{.threads = options.threads})),
      logits_(static_cast<std::size_t>(engine_->tokenizer().vocabulary().size())) {}

Result<Generator> Generator::create(std::shared_ptr<const Engine> engine, const Request& request,
                                    const GeneratorOptions& options) {
  if (auto ok = validate(request.sampler); !ok) return tl::unexpected(ok.error());
  const Vocabulary& vocabulary = engine->tokenizer().vocabulary();
  if (request.bars < 1 || request.bars > 100'000)
    return fail(ErrorCode::kInvalidArgument, "bars must lie between 1 and 100000");
  if (request.max_notes < 0 || !(request.max_seconds >= 0))
    return fail(ErrorCode::kInvalidArgument, "limits on notes and seconds must not be negative");
  for (const int program : request.programs)
    if (program < 0 || program >= kProgramCount)
      return fail(ErrorCode::kInvalidArgument,
                  "program " + std::to_string(program) + " is not in 0..128");
  if (request.meter && !vocabulary.meter_index(*request.meter))
    return fail(ErrorCode::kInvalidArgument,
                "the model has no time signature " + std::to_string(request.meter->numerator) +
                    "/" + std::to_string(request.meter->denominator) +
                    "; it has n/1, n/2, n/4, n/8, n/16 up to three whole notes a bar");
  if (request.bpm && !(*request.bpm >= 24 && *request.bpm <= 240))
    return fail(ErrorCode::kInvalidArgument, "the tempo must lie between 24 and 240 bpm");
  Generator generator(std::move(engine), request, options);
  if (auto ok = generator.begin(); !ok) return tl::unexpected(ok.error());
  return generator;
}

Result<void> Generator::begin() {
  const Vocabulary& vocabulary = engine_->tokenizer().vocabulary();
  if (request_.meter)
    meter_due_ = vocabulary.id(Kind::kTimeSignature, *vocabulary.meter_index(*request_.meter));
  if (request_.bpm)
    tempo_due_ = vocabulary.id(Kind::kTempo, vocabulary.tempo_index(60e6 / *request_.bpm));
  if (request_.prompt) return begin_prompt();
  begin_header();
  return {};
}

void Generator::begin_header() {
  const Vocabulary& vocabulary = engine_->tokenizer().vocabulary();
  feed(vocabulary.id(Kind::kBos));
  std::vector<int> programs = request_.programs;
  if (!programs.empty()) {
    std::sort(programs.begin(), programs.end());
    programs.erase(std::unique(programs.begin(), programs.end()), programs.end());
    for (const int program : programs) feed(vocabulary.id(Kind::kProgram, program));
  } else {
    // The model names its own ensemble, and keeps to it.
    TokenMask mask;
    for (;;) {
      reader_->allowed(mask);
      const TokenId id = choose(mask);
      if (vocabulary.event(id).kind == Kind::kStart) break;
      programs.push_back(vocabulary.event(id).value);
      feed(id);
    }
  }
  feed(vocabulary.id(Kind::kStart));
  prompt_tokens_ = history_.size();
  if (!programs.empty()) reader_->restrict_programs(set_of(programs));
}

Result<void> Generator::begin_prompt() {
  const Tokenizer& tokenizer = engine_->tokenizer();
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  auto prompt = cut_prompt(*request_.prompt, request_.prompt_bars, tokenizer);
  if (!prompt) return tl::unexpected(prompt.error());
  prompt_ = *std::move(prompt);
  request_.prompt.reset();

  std::vector<int> programs = request_.programs;
  for (const Track& track : prompt_->piece.score.tracks)
    programs.push_back(track.program_or_drum());
  std::sort(programs.begin(), programs.end());
  programs.erase(std::unique(programs.begin(), programs.end()), programs.end());
  feed(vocabulary.id(Kind::kBos));
  for (const int program : programs) feed(vocabulary.id(Kind::kProgram, program));
  feed(vocabulary.id(Kind::kStart));
  const auto ids = tokenizer.tokenization().write(prompt_->piece, tokenizer.config(), vocabulary,
                                                  {.header = false, .holes = {}, .end = false});
  for (std::size_t i = 2; i < ids.size(); ++i) feed(ids[i]);  // after BOS START
  prompt_bars_ = reader_->bars_begun();
  prompt_tokens_ = history_.size();
  reader_->restrict_programs(set_of(request_.programs.empty() ? programs : request_.programs));

  // A last bar that was cut short, by a pickup say, must not hand its meter on.
  if (!meter_due_)
    meter_due_ = vocabulary.id(Kind::kTimeSignature, *vocabulary.meter_index(prompt_->listed));
  if (*meter_due_ == history_.meter()) meter_due_.reset();
  if (tempo_due_ == history_.tempo()) tempo_due_.reset();
  if (!request_.meter) request_.bars *= prompt_->listed_bars;
  // The prompt's last bar is complete: what is new begins with a bar of its own.
  anchor_ = feed(vocabulary.id(Kind::kBar)).onset;
  us_per_quarter_ = TempoMap(prompt_->score).tempo_at(prompt_->end);
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

/// Gives a legal token to the reader, and keeps account of it.
ReadEvent Generator::feed(TokenId id) {
  history_.push(id);
  return reader_->push(id);
}

/// Narrows what the grammar allows to what the request wants. Never to nothing: a meter or a tempo
/// is only taken away where it is optional.
void Generator::steer(TokenMask& mask) const {
  const Vocabulary& vocabulary = engine_->tokenizer().vocabulary();
  mask.remove(vocabulary.range(Kind::kHole));
  mask.remove(vocabulary.range(Kind::kFill));
  const auto fix = [&](Kind kind, const std::optional<TokenId>& due, TokenId in_force, bool free) {
    if (due && mask.allows(*due))
      mask.keep_only(*due);
    else if (in_force >= 0 && !free)
      mask.remove(vocabulary.range(kind));
  };
  fix(Kind::kTimeSignature, meter_due_, history_.meter(), request_.allow_meter_changes);
  fix(Kind::kTempo, tempo_due_, history_.tempo(), request_.allow_tempo_changes);
}

/// BAR and EOS both say that the bar is complete. Which of them is written is the request's to
/// decide: a model that may not say the one it wants would fill the bar with nonsense instead.
TokenId Generator::end_of_bar(TokenId id) const {
  const Vocabulary& vocabulary = engine_->tokenizer().vocabulary();
  const TokenId bar = vocabulary.id(Kind::kBar);
  const TokenId end = vocabulary.id(Kind::kEos);
  if (id != bar && id != end) return id;
  return reader_->bars_begun() < prompt_bars_ + request_.bars ? bar : end;
}

TokenId Generator::choose(const TokenMask& mask) {
  if (mask.count() == 1) return mask.ranges().front().begin;
  const auto capacity = static_cast<std::size_t>(engine_->context());
  if (static_cast<std::size_t>(cache_.length()) + history_.size() - forwarded_ > capacity) {
    cache_.truncate(0);
    const auto budget = static_cast<std::size_t>(kKeptContext * engine_->context());
    engine_->model().forward(history_.context(budget), cache_, *workspace_);
  } else if (forwarded_ < history_.size()) {
    engine_->model().forward(history_.all().subspan(forwarded_), cache_, *workspace_);
  }
  forwarded_ = history_.size();
  std::array<RowRange, TokenMask::kCapacity> rows;
  std::size_t count = 0;
  for (const IdRange& range : mask.ranges()) rows[count++] = {range.begin, range.end};
  const auto out = std::span(logits_).first(static_cast<std::size_t>(mask.count()));
  engine_->model().logits(*workspace_, std::span(rows).first(count), out);
  return sampler_.sample(mask, out, history_.body(), random_);
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

ReadEvent Generator::next() {
  TokenMask mask;
  while (!ended_) {
    if (request_.max_notes > 0 && notes() >= static_cast<std::size_t>(request_.max_notes)) break;
    reader_->allowed(mask);
    steer(mask);
    const TokenId id = end_of_bar(choose(mask));
    if (meter_due_ == id) meter_due_.reset();
    if (tempo_due_ == id) tempo_due_.reset();
    ReadEvent event = feed(id);
    if (event.type == ReadEvent::Type::kTempo && request_.bpm && !request_.allow_tempo_changes)
      event.us_per_quarter = exact_tempo();
    if (event.type == ReadEvent::Type::kEnd || is_too_late(event)) break;
    generated_.add(event);
    if (event.type != ReadEvent::Type::kNothing) return event;
  }
  ended_ = true;
  ReadEvent end;
  end.type = ReadEvent::Type::kEnd;
  return end;
}

std::uint32_t Generator::exact_tempo() const {
  return static_cast<std::uint32_t>(std::lround(60e6 / *request_.bpm));
}

Score Generator::score() const {
  Score generated = generated_.build();
  if (prompt_) return join(*prompt_, generated);
  for (Track& track : generated.tracks) untangle(track.notes, 0);
  return generated;
}

}  // namespace sage
