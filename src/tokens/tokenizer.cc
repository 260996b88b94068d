#include "tokens/tokenizer.h"

#include <algorithm>

#include "score/validate.h"
#include "tokens/score_builder.h"

namespace sage {

Result<Tokenizer> Tokenizer::create(const TokenizerConfig& config) {
  if (config.grid != 4 && config.grid != 8 && config.grid != 12 && config.grid != 16 &&
      config.grid != 24)
    return fail(ErrorCode::kInvalidArgument,
                "grid " + std::to_string(config.grid) + " is none of 4, 8, 12, 16, 24");
  Tokenizer tokenizer;
  tokenizer.tokenization_ = find_tokenization(config.scheme);
  if (tokenizer.tokenization_ == nullptr) {
    std::string names;
    for (const Tokenization* scheme : tokenization_registry())
      names += (names.empty() ? "" : ", ") + std::string(scheme->name());
    return fail(
        ErrorCode::kInvalidArgument,
        "no tokenization is called '" + config.scheme.substr(0, 40) + "'; there are " + names);
  }
  if (config.order == ProgramOrder::kHeader && !tokenizer.tokenization_->can_order_by_header())
    return fail(ErrorCode::kInvalidArgument, "the tokenization '" + config.scheme +
                                                 "' has one order of programs; the header's "
                                                 "order is for remi+ and tsd");
  tokenizer.config_ = config;
  Vocabulary vocabulary = base_vocabulary(config);
  auto bpe = Bpe::create(vocabulary.size(), config.merges.pairs);
  if (!bpe) return tl::unexpected(bpe.error());
  Segmenter segmenter(*tokenizer.tokenization_, config, vocabulary, config.merges.boundary);
  ExpansionTrie trie(*bpe);
  tokenizer.parts_ = std::make_shared<const Parts>(
      Parts{std::move(vocabulary), std::move(segmenter), *std::move(bpe), std::move(trie)});
  return tokenizer;
}

void Tokenizer::put_structure(TokenId id, std::vector<TokenId>& to) const {
  to.push_back(id);
  to.insert(to.end(), static_cast<std::size_t>(stride() - 1), vocabulary().id(Kind::kPad));
}

std::vector<std::uint8_t> Tokenizer::attributes() const {
  std::vector<std::uint8_t> attributes;
  for (TokenId id = 0; id < size(); ++id)
    attributes.push_back(static_cast<std::uint8_t>(vocabulary().attribute(expansion(id).back())));
  return attributes;
}

std::vector<std::uint16_t> Tokenizer::notes_written() const {
  std::vector<std::uint16_t> notes(static_cast<std::size_t>(size()));
  for (TokenId id = 0; id < size(); ++id) {
    for (const TokenId base : expansion(id)) {
      const Kind kind = vocabulary().event(base).kind;
      if (kind == Kind::kPitch || kind == Kind::kDrum) ++notes[static_cast<std::size_t>(id)];
    }
  }
  return notes;
}

std::string Tokenizer::describe(TokenId id) const {
  if (!bpe().contains(id)) return vocabulary().describe(id);
  std::string text;
  for (const TokenId base : expansion(id))
    text += (text.empty() ? "" : " + ") + vocabulary().describe(base);
  return text;
}

Result<Quantised> Tokenizer::quantise(const Score& score, const QuantiseOptions& options) const {
  if (auto ok = validate(score); !ok) return tl::unexpected(ok.error());
  auto piece = sage::quantise(score, vocabulary(), options);
  if (piece) tokenization_->canonicalise(*piece);
  return piece;
}

std::vector<TokenId> Tokenizer::write(const Quantised& piece, const EncodeOptions& options) const {
  return tokenization_->write(piece, config_, vocabulary(), options);
}

std::vector<TokenId> Tokenizer::merge(std::span<const TokenId> base) const {
  if (!has_merges()) return {base.begin(), base.end()};
  const std::vector<std::uint16_t> ids(base.begin(), base.end());
  std::vector<std::uint32_t> ends;
  segmenter().words(ids, ends);
  std::vector<std::uint16_t> merged;
  BpeScratch scratch;
  bpe().encode(ids, ends, scratch, merged);
  return {merged.begin(), merged.end()};
}

std::vector<TokenId> Tokenizer::expand(std::span<const TokenId> ids) const {
  std::vector<TokenId> base;
  for (const TokenId id : ids) {
    const auto expansion = this->expansion(id);
    base.insert(base.end(), expansion.begin(), expansion.end());
  }
  return base;
}

Result<std::vector<TokenId>> Tokenizer::encode(const Score& score,
                                               const EncodeOptions& options) const {
  auto piece = quantise(score);
  if (!piece) return tl::unexpected(piece.error());
  return merge(write(*piece, options));
}

Result<Score> Tokenizer::decode(std::span<const TokenId> ids) const {
  ScoreBuilder builder(config_.grid);
  const auto events = reader();
  const auto refuse = [&](std::size_t i) {
    return fail(ErrorCode::kMalformed,
                "token " + std::to_string(i) + " (" + describe(ids[i]) + ") is illegal here");
  };
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!bpe().contains(ids[i])) return refuse(i);
    for (const TokenId base : expansion(ids[i])) {
      const ReadEvent event = events->push(base);
      if (event.type == ReadEvent::Type::kIllegal) return refuse(i);
      builder.add(event);
    }
  }
  return builder.build();
}

std::unique_ptr<EventReader> Tokenizer::reader() const {
  return tokenization_->reader(config_, vocabulary());
}

}  // namespace sage
