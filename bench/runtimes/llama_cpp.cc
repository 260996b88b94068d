// llama.cpp under the stopwatch, through its C interface:
//   llama_cpp --folder LIBRARIES --model FILE.gguf --threads N --contexts 256,1024 [--backend NAME]
//             [--flash 0|1] [--cache f32|f16|q8_0] [--batch N] [--tokens N] [--repeats N]
//             [--prefills N]
//
// The layouts below are those of release 0.5.0. Their defaults are checked before anything is set,
// so another release is refused rather than misread.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "timing.h"

namespace {

using runtimes::fail;
using runtimes::Library;
using runtimes::Options;

/// Parameters as the library returns them by value; it may know more fields than stand here.
struct ContextParameters {
  std::uint32_t context, batch, micro_batch, sequences, snapshots, outputs, outputs_a_sequence;
  std::int32_t threads, threads_batch;
  std::int32_t kind, rope_scaling, pooling, attention, flash;
  float rope_base, rope_scale, yarn[4];
  std::uint32_t yarn_context;
  float defragment;
  void* callbacks[2];
  std::int32_t type_k, type_v;
  unsigned char others[256];
};
struct ModelParameters {
  alignas(8) unsigned char fields[256];
};
struct PoolParameters {
  bool cores[512];
  std::int32_t threads, priority;
  std::uint32_t poll;
  bool strict, paused;
};
struct Batch {
  std::int32_t count;
  std::int32_t* tokens;
  void* others[5];
};

std::string find(const std::string& folder, const std::string& start) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(start) && name.ends_with(".so")) return entry.path();
  }
  fail("no " + start + "*.so in " + folder);
}

std::string errors, buffers;
/// Keeps errors, and the lines that say in which layouts the weights lie.
void keep_log(int level, const char* text, void*) {
  const std::string_view line = text;
  if (level == 4) errors += line;
  const std::size_t end = line.find(" model buffer size");
  if (end == line.npos) return;
  const std::string_view name = line.substr(0, end).substr(line.substr(0, end).rfind(' ') + 1);
  if (buffers.find(name) == buffers.npos) buffers += " " + std::string(name);
}

/// The file of the processor code that is loaded.
std::string backend_file() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (const std::size_t at = line.find("libggml-cpu"); at != line.npos) return line.substr(at);
  return "no backend";
}

class LlamaCpp final : public runtimes::Runtime {
 public:
  explicit LlamaCpp(const Options& options)
      : ggml_(find(options.text("folder"), "libggml.")),
        llama_(find(options.text("folder"), "libllama.")) {
    llama_.function<void(void (*)(int, const char*, void*), void*)>("llama_log_set")(keep_log,
                                                                                     nullptr);
    load_backend(options);
    load_model(options.text("model"));
    make_context(options);
  }

  void rewind(int tokens) override {
    if (!remove_(memory_, 0, tokens, -1)) fail("llama.cpp cannot shorten its cache");
  }

  void read(std::span<const std::int32_t> ids) override {
    const auto batch = static_cast<std::size_t>(batch_);
    for (std::size_t at = 0; at < ids.size(); at += batch) {
      const auto part = ids.subspan(at, std::min(batch, ids.size() - at));
      if (decode_(context_, get_one_(const_cast<std::int32_t*>(part.data()),
                                     static_cast<std::int32_t>(part.size()))) != 0)
        fail("llama.cpp does not decode: " + errors);
    }
    logits_ = logits_of_(context_, -1);  // waits until they are there
  }

  std::span<const float> logits() override { return {logits_, vocabulary_}; }
  std::string description() const override {
    const std::string version = llama_.function<const char*()>("llama_version")();
    return "llama.cpp " + version + ", " + backend_file() + ", weights in" + buffers;
  }

 private:
  /// The variant of its processor code that the library itself scores best, or the one named.
  void load_backend(const Options& options) {
    const std::string folder = options.text("folder"), name = options.text("backend");
    if (name.empty()) {
      ggml_.function<void(const char*)>("ggml_backend_load_all_from_path")(folder.c_str());
    } else {
      const std::string file = folder + "/libggml-cpu-" + name + ".so";
      if (ggml_.function<void*(const char*)>("ggml_backend_load")(file.c_str()) == nullptr)
        fail("llama.cpp does not take " + file + " on this machine");
    }
  }

  void load_model(const std::string& path) {
    const auto parameters = llama_.function<ModelParameters()>("llama_model_default_params")();
    model_ = llama_.function<void*(const char*, ModelParameters)>("llama_model_load_from_file")(
        path.c_str(), parameters);
    if (model_ == nullptr) fail("llama.cpp cannot load " + path + ": " + errors);
    const void* vocabulary = llama_.function<const void*(void*)>("llama_model_get_vocab")(model_);
    vocabulary_ = static_cast<std::size_t>(
        llama_.function<std::int32_t(const void*)>("llama_vocab_n_tokens")(vocabulary));
  }

  void make_context(const Options& options) {
    auto parameters = llama_.function<ContextParameters()>("llama_context_default_params")();
    if (parameters.context != 512 || parameters.batch != 2048 || parameters.micro_batch != 512 ||
        parameters.threads != 4 || parameters.threads_batch != 4 || parameters.flash != -1 ||
        parameters.type_k != 1 || parameters.type_v != 1)
      fail("this release of llama.cpp lays out its parameters otherwise than 0.5.0");
    const std::vector<int> contexts = options.numbers("contexts");
    const int longest =
        *std::max_element(contexts.begin(), contexts.end()) + options.number("tokens", 32);
    const int threads = options.number("threads", 2);
    const std::string cache = options.text("cache", "f16");
    parameters.context = static_cast<std::uint32_t>((longest + 255) / 256 * 256);
    parameters.batch = parameters.micro_batch =
        static_cast<std::uint32_t>(options.number("batch", 512));
    parameters.threads = parameters.threads_batch = threads;
    parameters.flash = options.number("flash", 1);
    if (cache != "f32" && cache != "f16" && cache != "q8_0") fail("the cache is f32, f16 or q8_0");
    parameters.type_k = parameters.type_v = cache == "q8_0" ? 8 : cache == "f16" ? 1 : 0;
    batch_ = static_cast<int>(parameters.batch);
    context_ = llama_.function<void*(void*, ContextParameters)>("llama_init_from_model")(
        model_, parameters);
    if (context_ == nullptr) fail("llama.cpp cannot make the context: " + errors);
    if (llama_.function<std::int32_t(void*)>("llama_n_threads")(context_) != threads)
      fail("llama.cpp did not take the number of threads");
    attach_pool(threads);
    memory_ = llama_.function<void*(void*)>("llama_get_memory")(context_);
    decode_ = llama_.function<std::int32_t(void*, Batch)>("llama_decode");
    get_one_ = llama_.function<Batch(std::int32_t*, std::int32_t)>("llama_batch_get_one");
    logits_of_ = llama_.function<float*(void*, std::int32_t)>("llama_get_logits_ith");
    remove_ = llama_.function<bool(void*, std::int32_t, std::int32_t, std::int32_t)>(
        "llama_memory_seq_rm");
  }

  /// Threads that stay and spin between tokens; without a pool the library makes new threads for
  /// every token.
  void attach_pool(int threads) {
    auto fill = ggml_.function<void(PoolParameters*, std::int32_t)>("ggml_threadpool_params_init");
    PoolParameters parameters = {};
    fill(&parameters, threads);
    if (parameters.threads != threads)
      fail("this llama.cpp lays out the parameters of its threads otherwise");
    void* device = ggml_.function<void*(int)>("ggml_backend_dev_by_type")(0);
    void* registry = ggml_.function<void*(void*)>("ggml_backend_dev_backend_reg")(device);
    void* make = ggml_.function<void*(void*, const char*)>("ggml_backend_reg_get_proc_address")(
        registry, "ggml_threadpool_new");
    if (make == nullptr) fail("llama.cpp has no pool of threads");
    void* pool = reinterpret_cast<void* (*)(PoolParameters*)>(make)(&parameters);
    llama_.function<void(void*, void*, void*)>("llama_attach_threadpool")(context_, pool, nullptr);
  }

  Library ggml_, llama_;
  void* model_ = nullptr;
  void* context_ = nullptr;
  void* memory_ = nullptr;
  std::size_t vocabulary_ = 0;
  int batch_ = 512;
  float* logits_ = nullptr;
  std::int32_t (*decode_)(void*, Batch) = nullptr;
  Batch (*get_one_)(std::int32_t*, std::int32_t) = nullptr;
  float* (*logits_of_)(void*, std::int32_t) = nullptr;
  bool (*remove_)(void*, std::int32_t, std::int32_t, std::int32_t) = nullptr;
};

}  // namespace

int main(int argc, char** argv) {
  const Options options(argc, argv);
  LlamaCpp runtime(options);
  return runtimes::measure(runtime, options);
}
