// ONNX Runtime under the stopwatch, through its C interface:
//   onnx_runtime --library libonnxruntime.so --model FILE.onnx --layers N --kv-heads N --head-dim N
//   --capacity N
//                --vocabulary N --threads N --contexts 256,1024 [--cache float32|int8] [--tokens N]
//                [--repeats N]
//                [--prefills N]
//
// Keys and values are written in place: past and present of a layer are one buffer. The C interface
// is a table of functions whose entries never move (the library's promise); those used here are
// known by their number.
#include <cstring>
#include <memory>

#include "timing.h"

namespace {

using runtimes::fail;
using runtimes::Library;
using runtimes::Options;

using Status = void*;
enum Entry {
  kGetErrorMessage = 2,
  kCreateEnv = 3,
  kCreateSession = 7,
  kRun = 9,
  kCreateSessionOptions = 10,
  kSetOptimizedModelFilePath = 11,
  kEnableProfiling = 14,
  kSetSessionGraphOptimizationLevel = 23,
  kSetIntraOpNumThreads = 24,
  kCreateTensorWithData = 49,
  kCreateCpuMemoryInfo = 69,
  kReleaseValue = 96,
  kReleaseSession = 95,
  kAddSessionConfigEntry = 130,
};
enum Element { kFloat32 = 1, kInt8 = 3, kInt32 = 6, kInt64 = 7 };

struct ApiBase {
  const void* const* (*api)(std::uint32_t version);
  const char* (*version)();
};

class OnnxRuntime final : public runtimes::Runtime {
 public:
  explicit OnnxRuntime(const Options& options)
      : library_(options.text("library")), vocabulary_(options.number("vocabulary", 718)) {
    const auto* base = library_.function<const ApiBase*()>("OrtGetApiBase")();
    api_ = base->api(16);  // old entries only
    if (api_ == nullptr) fail("ONNX Runtime does not know its interface 16");
    description_ = std::string("ONNX Runtime ") + base->version() + ", CPU provider";
    call("environment", kCreateEnv, 3, "bench", &environment_);
    open(options);
    bind(options);
  }
  ~OnnxRuntime() override {
    entry<void(void*)>(kReleaseSession)(session_);
  }  // writes its profile, if any

  void rewind(int tokens) override { length_ = tokens; }

  void read(std::span<const std::int32_t> ids) override {
    const std::size_t count = ids.size();
    ids_.assign(ids.begin(), ids.end());
    total_length_ = length_ + static_cast<std::int32_t>(count);
    past_length_ = total_length_ - 1;  // what the operator calls seqlens_k
    // A tensor of one token stays; a longer one is made for its length.
    if (count != shaped_for_) {
      if (inputs_[0] != nullptr) entry<void(void*)>(kReleaseValue)(inputs_[0]);
      inputs_[0] = tensor(ids_.data(), 8 * count, {1, static_cast<std::int64_t>(count)}, kInt64);
      shaped_for_ = count;
    }
    call("a step", kRun, session_, nullptr, input_names_.data(), inputs_.data(), inputs_.size(),
         output_names_.data(), outputs_.size(), outputs_.data());
    length_ = total_length_;
  }

  std::span<const float> logits() override { return logits_; }
  std::string description() const override { return description_; }

 private:
  template <class Function>
  Function* entry(Entry number) const {
    return reinterpret_cast<Function*>(const_cast<void*>(api_[number]));
  }
  void check(const char* what, Status status) const {
    if (status != nullptr)
      fail(std::string("ONNX Runtime, ") + what + ": " +
           entry<const char*(Status)>(kGetErrorMessage)(status));
  }
  template <class... Arguments>
  void call(const char* what, Entry number, Arguments... arguments) const {
    check(what, entry<Status(Arguments...)>(number)(arguments...));
  }

  void open(const Options& options) {
    void* settings = nullptr;
    call("options", kCreateSessionOptions, &settings);
    call("threads", kSetIntraOpNumThreads, settings, options.number("threads", 2));
    call("optimisation", kSetSessionGraphOptimizationLevel, settings, 99);  // all
    call("setting", kAddSessionConfigEntry, settings, "session.set_denormal_as_zero", "1");
    call("setting", kAddSessionConfigEntry, settings, "session.intra_op.allow_spinning",
         options.text("spin", "1").c_str());
    if (const std::string path = options.text("profile"); !path.empty())
      call("profile", kEnableProfiling, settings, path.c_str());
    if (const std::string path = options.text("optimised"); !path.empty())
      call("path", kSetOptimizedModelFilePath, settings, path.c_str());
    const std::string model = options.text("model");
    call("model", kCreateSession, environment_, model.c_str(), settings, &session_);
  }

  void bind(const Options& options) {
    call("memory", kCreateCpuMemoryInfo, 1, 0, &memory_);  // the arena, default memory
    const std::int64_t heads = options.number("kv-heads", 1), dim = options.number("head-dim", 64);
    const std::int64_t capacity = options.number("capacity", 8192);
    const bool narrow = options.text("cache", "float32") == "int8";
    const auto bytes = static_cast<std::size_t>(heads * capacity * dim * (narrow ? 1 : 4));
    logits_.resize(static_cast<std::size_t>(vocabulary_));
    ids_.reserve(static_cast<std::size_t>(capacity));
    name(input_names_, "ids");
    inputs_.push_back(nullptr);
    name(input_names_, "past_length");
    inputs_.push_back(tensor(&past_length_, 4, {1}, kInt32));
    name(input_names_, "total_length");
    inputs_.push_back(tensor(&total_length_, 4, {}, kInt32));
    name(output_names_, "logits");
    outputs_.push_back(tensor(logits_.data(), 4 * logits_.size(), {1, 1, vocabulary_}, kFloat32));
    for (int layer = 0; layer < options.number("layers", 8); ++layer) {
      for (const char* side : {"key", "value"}) {
        caches_.push_back(std::make_unique<unsigned char[]>(bytes + 64));
        auto address = reinterpret_cast<std::uintptr_t>(caches_.back().get());
        auto* data = reinterpret_cast<void*>((address + 63) / 64 * 64);
        void* cache = tensor(data, bytes, {1, heads, capacity, dim}, narrow ? kInt8 : kFloat32);
        name(input_names_, std::to_string(layer) + ".past_" + side);
        name(output_names_, std::to_string(layer) + ".present_" + side);
        inputs_.push_back(cache);
        outputs_.push_back(cache);
      }
    }
  }

  void* tensor(void* data, std::size_t bytes, const std::vector<std::int64_t>& sides,
               Element type) {
    void* value = nullptr;
    call("tensor", kCreateTensorWithData, static_cast<const void*>(memory_), data, bytes,
         sides.data(), sides.size(), static_cast<int>(type), &value);
    return value;
  }

  void name(std::vector<const char*>& list, const std::string& text) {
    names_.push_back(std::make_unique<std::string>(text));
    list.push_back(names_.back()->c_str());
  }

  Library library_;
  const void* const* api_ = nullptr;
  std::string description_;
  int vocabulary_;
  void *environment_ = nullptr, *session_ = nullptr, *memory_ = nullptr;
  std::vector<std::unique_ptr<std::string>> names_;
  std::vector<const char*> input_names_, output_names_;
  std::vector<void*> inputs_, outputs_;
  std::vector<std::unique_ptr<unsigned char[]>> caches_;
  std::vector<float> logits_;
  std::vector<std::int64_t> ids_;
  std::size_t shaped_for_ = 0;
  std::int32_t length_ = 0, past_length_ = 0, total_length_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const Options options(argc, argv);
  OnnxRuntime runtime(options);
  return runtimes::measure(runtime, options);
}
