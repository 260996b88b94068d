#include "train/ordering.h"

#include <algorithm>
#include <utility>

#include "tokens/score_builder.h"

namespace sage {

std::vector<std::size_t> bar_lines(const Vocabulary& vocabulary,
                                   std::span<const std::uint16_t> body) {
  const auto bar = vocabulary.id(Kind::kBar), eos = vocabulary.id(Kind::kEos);
  std::vector<std::size_t> lines;
  for (std::size_t i = 0; i < body.size(); ++i)
    if (body[i] == bar || body[i] == eos) lines.push_back(i);
  return lines;
}

std::optional<Quantised> read_bars(const Tokenizer& tokenizer,
                                   std::span<const std::uint16_t> bars) {
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  std::vector<TokenId> ids;
  tokenizer.put_structure(vocabulary.id(Kind::kBos), ids);
  tokenizer.put_structure(vocabulary.id(Kind::kStart), ids);
  ids.insert(ids.end(), bars.begin(), bars.end());
  tokenizer.put_structure(vocabulary.id(Kind::kEos), ids);
  const auto reader = tokenizer.reader();
  ScoreBuilder builder(vocabulary.grid());
  Tick bar;
  int length = 0;
  for (const TokenId id : ids) {
    const ReadEvent event = reader->push(id);
    if (event.type == ReadEvent::Type::kIllegal) return std::nullopt;
    if (event.type == ReadEvent::Type::kBar) bar = event.onset;
    if (event.type == ReadEvent::Type::kMeter) length = vocabulary.bar_steps(event.meter);
    builder.add(event);
  }
  if (builder.notes() == 0) return std::nullopt;
  auto piece = tokenizer.quantise(builder.build(), {.end = bar + Tick{length}});
  if (!piece) return std::nullopt;
  return *std::move(piece);
}

std::optional<std::vector<TokenId>> in_random_order(const Tokenizer& tokenizer,
                                                    std::span<const std::uint16_t> body,
                                                    std::size_t room, Random& random) {
  const auto lines = bar_lines(tokenizer.vocabulary(), body);
  if (lines.size() < 2) return std::nullopt;
  // The first line that leaves nothing of the room empty.
  auto end =
      std::find_if(lines.begin() + 1, lines.end(), [&](std::size_t line) { return line >= room; });
  if (end == lines.end()) --end;
  const auto piece = read_bars(tokenizer, body.first(*end));
  if (!piece || static_cast<std::ptrdiff_t>(piece->bars.size()) != end - lines.begin())
    return std::nullopt;
  EncodeOptions options;
  for (const Track& track : piece->score.tracks) options.order.push_back(track.program_or_drum());
  for (std::size_t i = options.order.size(); i > 1; --i)
    std::swap(options.order[i - 1], options.order[random.below(static_cast<std::uint32_t>(i))]);
  options.end = body[*end] == tokenizer.vocabulary().id(Kind::kEos);
  return tokenizer.write(*piece, options);
}

}  // namespace sage
