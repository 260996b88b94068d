#include "tokens/tokenizer.h"

#include "tokens/score_builder.h"

namespace sage {

Result<Tokenizer> Tokenizer::create(const TokenizerConfig& config) {
  if (config.grid != 4 && config.grid != 8 && config.grid != 12 && config.grid != 16 &&
      config.grid != 24)
    return fail(ErrorCode::kInvalidArgument,
                "grid " + std::to_string(config.grid) + " is none of 4, 8, 12, 16, 24");
  Tokenizer tokenizer;
  std::string names;
  for (const Tokenization* candidate : tokenization_registry()) {
    if (candidate->name() == config.scheme) tokenizer.tokenization_ = candidate;
    names += (names.empty() ? "" : ", ") + std::string(candidate->name());
  }
  if (tokenizer.tokenization_ == nullptr)
    return fail(ErrorCode::kInvalidArgument,
                "no tokenization is called '" + config.scheme + "'; there are " + names);
  tokenizer.config_ = config;
  tokenizer.vocabulary_ = std::make_shared<const Vocabulary>(config);
  return tokenizer;
}

Result<Quantised> Tokenizer::quantise(const Score& score, const QuantiseOptions& options) const {
  return sage::quantise(score, *vocabulary_, options);
}

Result<std::vector<TokenId>> Tokenizer::encode(const Score& score,
                                               const EncodeOptions& options) const {
  auto piece = quantise(score);
  if (!piece) return tl::unexpected(piece.error());
  return tokenization_->write(*piece, config_, *vocabulary_, options);
}

Result<Score> Tokenizer::decode(std::span<const TokenId> ids) const {
  ScoreBuilder builder(config_.grid);
  const auto events = reader();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const ReadEvent event = events->push(ids[i]);
    if (event.type == ReadEvent::Type::kIllegal)
      return fail(ErrorCode::kMalformed, "token " + std::to_string(i) + " (" +
                                             vocabulary_->describe(ids[i]) +
                                             ") may not stand here");
    builder.add(event);
  }
  return builder.build();
}

std::unique_ptr<EventReader> Tokenizer::reader() const {
  return tokenization_->reader(config_, *vocabulary_);
}

}  // namespace sage
