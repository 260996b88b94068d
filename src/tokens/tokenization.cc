#include "tokens/tokenization.h"

#include <algorithm>

namespace sage {

const Tokenization* find_tokenization(std::string_view name) {
  const auto all = tokenization_registry();
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const Tokenization* scheme) { return scheme->name() == name; });
  return found == all.end() ? nullptr : *found;
}

Vocabulary base_vocabulary(const TokenizerConfig& config) {
  const Tokenization* scheme = find_tokenization(config.scheme);
  return {config.grid, scheme == nullptr ? KindSet{} : scheme->kinds(config)};
}

}  // namespace sage
