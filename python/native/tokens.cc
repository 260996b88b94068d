// Tokenizers and byte pair encoding in Python.
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "convert.h"
#include "tokens/bpe/trainer.h"
#include "tokens/tokenizer.h"
#include "tokens/tokenizer_file.h"

namespace sage::python {
namespace {

using Ids = py::array_t<TokenId, py::array::c_style | py::array::forcecast>;

std::vector<TokenId> checked(const Ids& ids, int size) {
  std::vector<TokenId> out(ids.data(), ids.data() + ids.size());
  for (const TokenId id : out)
    if (id < 0 || id >= size)
      throw py::value_error("token " + std::to_string(id) + " is not in 0.." +
                            std::to_string(size - 1));
  return out;
}

/// Tokenizer(scheme=..., velocity=..., grid=..., layout=...), as the "tokenizer" of a model file.
Tokenizer create(const std::string& scheme, bool velocity, int grid, const std::string& layout) {
  TokenizerConfig config;
  config.scheme = scheme;
  config.velocity = velocity;
  config.grid = grid;
  if (layout != "full" && layout != "compact")
    throw py::value_error("layout must be 'full' or 'compact', not '" + layout + "'");
  config.layout = layout == "full" ? Layout::kFull : Layout::kCompact;
  return unwrap(Tokenizer::create(config));
}

/// A tokenizer whose merges were learnt from token sequences of `base`.
Tokenizer learn(const Tokenizer& base, const std::vector<std::vector<TokenId>>& corpus, int merges,
                const std::string& boundary_word, std::uint64_t min_count, int threads) {
  const auto boundary = boundary_from_name(boundary_word);
  if (!boundary) throw py::value_error("no boundary is called '" + boundary_word + "'");
  if (base.has_merges()) throw py::value_error("the tokenizer has merges already");
  BpeTrainer trainer(
      {.base_size = base.size(), .merges = merges, .min_count = min_count, .threads = threads});
  const Segmenter segmenter(base.tokenization(), base.config(), base.vocabulary(), *boundary);
  std::vector<std::uint32_t> ends;
  for (const auto& ids : corpus) {
    const std::vector<std::uint16_t> narrow(ids.begin(), ids.end());
    segmenter.words(narrow, ends);
    unwrap(trainer.add(narrow, ends));
  }
  TokenizerConfig config = base.config();
  config.merges = {*boundary, unwrap(trainer.learn()).merges};
  return unwrap(Tokenizer::create(config));
}

py::array_t<TokenId> merges(const Tokenizer& tokenizer) {
  std::vector<TokenId> out;
  for (const Merge& merge : tokenizer.bpe().merges())
    out.insert(out.end(), {merge.left, merge.right});
  const auto count = static_cast<py::ssize_t>(out.size() / 2);
  return to_array(std::move(out), {count, 2});
}

}  // namespace

void add_tokens(py::module_& module) {
  using namespace py::literals;  // NOLINT
  py::class_<Tokenizer>(module, "Tokenizer")
      .def(py::init(&create), "scheme"_a = "remi+", "velocity"_a = false, "grid"_a = 12,
           "layout"_a = "compact")
      .def_static(
          "load",
          [](const std::filesystem::path& path) { return unwrap(read_tokenizer_file(path)); },
          "path"_a)
      .def(
          "save",
          [](const Tokenizer& tokenizer, const std::filesystem::path& path) {
            unwrap(write_tokenizer_file(path, tokenizer, nlohmann::json::object()));
          },
          "path"_a)
      .def_property_readonly("size", &Tokenizer::size)
      .def("__len__", &Tokenizer::size)
      .def("__repr__",
           [](const Tokenizer& tokenizer) {
             return "<sage_music.Tokenizer: " + describe(tokenizer.config()) + ">";
           })
      .def(
          "encode",
          [](const Tokenizer& tokenizer, const Score& score) {
            std::vector<TokenId> ids;
            {
              py::gil_scoped_release release;
              ids = unwrap(tokenizer.encode(score));
            }
            return to_array(std::move(ids));
          },
          "score"_a)
      .def(
          "decode",
          [](const Tokenizer& tokenizer, const Ids& ids) {
            const auto list = checked(ids, tokenizer.size());
            py::gil_scoped_release release;
            return unwrap(tokenizer.decode(list));
          },
          "ids"_a)
      .def(
          "describe",
          [](const Tokenizer& tokenizer, TokenId id) {
            if (id < 0 || id >= tokenizer.size()) throw py::index_error("no such token");
            return tokenizer.describe(id);
          },
          "id"_a)
      .def_property_readonly("merges", &merges)
      .def("_learn", &learn, py::call_guard<py::gil_scoped_release>())
      .def("_merge",
           [](const Tokenizer& tokenizer, const Ids& ids) {
             return to_array(tokenizer.merge(checked(ids, tokenizer.vocabulary().size())));
           })
      .def("_expand", [](const Tokenizer& tokenizer, const Ids& ids) {
        return to_array(tokenizer.expand(checked(ids, tokenizer.size())));
      });
}

}  // namespace sage::python
