// The engine's calls allocate nothing: every operator new of this program is counted.
#include <gtest/gtest.h>

#include <utility>

#include "count_allocations.h"
#include "models.h"

namespace sage::test {
namespace {

TEST(Allocation, ForwardAndLogitsAllocateNothing) {
  for (const AttentionFamily* family : attention_registry())
    for (const auto& [threads, type] : {std::pair(1, DType::kF32), std::pair(2, DType::kI8)}) {
      auto config = small_config(std::string(family->name()));
      config.window = 60;  // slides, too
      config.ff_banks = true;
      const Model model(random_weights(config, type));
      const auto ids = random_ids(config, 200);
      const RowRange ranges[] = {{3, 9}, {20, 41}};
      std::vector<float> some(27), all(ids.size() * static_cast<std::size_t>(config.vocab_size));
      Workspace workspace(config, {.threads = threads});
      KvCache cache(config, {.type = type, .rollback = 10});
      const long before = allocations.load();
      model.forward(ids, cache, workspace);
      for (std::size_t i = 0; i < 60; ++i) {
        model.forward(std::span(ids).subspan(i, 1), cache, workspace);
        model.logits(workspace, ranges, some);
      }
      cache.truncate(cache.length() - 10);
      model.forward_all(ids, cache, workspace, all);
      EXPECT_EQ(allocations.load(), before) << family->name();
    }
}

TEST(Allocation, NoMoreDoStepsOfSeveralFields) {
  for (const OutputFamily* output : output_registry())
    for (const auto& [threads, type] : {std::pair(1, DType::kF32), std::pair(2, DType::kI8)}) {
      const auto config = small_output_config(*output);
      const Model model(random_weights(config, type));
      const auto ids = random_ids(config, 60);
      const auto fields = static_cast<std::size_t>(config.fields);
      const RowRange ranges[] = {{3, 9}, {20, 41}};
      std::vector<float> some(27), all(ids.size() * static_cast<std::size_t>(config.vocab_size));
      Workspace workspace(config, {.threads = threads});
      KvCache cache(config, {.type = type});
      const long before = allocations.load();
      for (std::size_t i = 0; i < ids.size(); i += fields) {
        model.forward(std::span(ids).subspan(i, fields), cache, workspace);
        for (std::size_t field = 0; field < fields; ++field)
          model.field_logits(workspace, static_cast<int>(field), std::span(ids).subspan(i, field),
                             ranges, some);
      }
      model.forward_all(ids, cache, workspace, all, ids);
      EXPECT_EQ(allocations.load(), before) << output->name();
    }
}

TEST(Allocation, TheCounterCounts) {
  const long before = allocations.load();
  delete new int(1);
  AlignedBuffer buffer(1000);
  EXPECT_EQ(allocations.load(), before + 2);
}

static_assert(noexcept(std::declval<const Model&>().forward({}, std::declval<KvCache&>(),
                                                            std::declval<Workspace&>())));

}  // namespace
}  // namespace sage::test
