#include "program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "support.h"

namespace sage::test {
namespace {

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void send_to(const std::filesystem::path& path, int descriptor) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::dup2(fd, descriptor);
  ::close(fd);
}

/// Starts the program with its output in files.
pid_t start(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
            const std::filesystem::path& out, const std::filesystem::path& err) {
  const pid_t child = ::fork();
  if (child == 0) {
    send_to(out, STDOUT_FILENO);
    send_to(err, STDERR_FILENO);
    const rlimit memory = {rlim_t{SAGE_PROGRAM_GIB} << 30, rlim_t{SAGE_PROGRAM_GIB} << 30};
    // Sanitizers reserve far more address space than they use.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    ::setrlimit(RLIMIT_AS, &memory);
#else
    (void)memory;
#endif
    ::alarm(120);
    for (const std::string& variable : environment) ::putenv(const_cast<char*>(variable.c_str()));
    std::vector<char*> argv = {const_cast<char*>(SAGE_PROGRAM)};
    for (const std::string& argument : arguments)
      argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  return child;
}

int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

}  // namespace

Ran run_program(const std::vector<std::string>& arguments,
                const std::vector<std::string>& environment) {
  const Scratch scratch;
  const pid_t child = start(arguments, environment, scratch.path("out"), scratch.path("err"));
  int status = 0;
  ::waitpid(child, &status, 0);
  Ran ran;
  ran.code = code_of(status);
  ran.out = slurp(scratch.path("out"));
  ran.err = slurp(scratch.path("err"));
  return ran;
}

Running::Running(const std::vector<std::string>& arguments,
                 const std::vector<std::string>& environment)
    : child_(start(arguments, environment, "/dev/null", "/dev/null")) {}

bool Running::going() {
  int status = 0;
  if (child_ > 0 && ::waitpid(child_, &status, WNOHANG) == child_) {
    code_ = code_of(status);
    child_ = -1;
  }
  return child_ > 0;
}

int Running::finish(int signal) {
  if (child_ > 0) {
    int status = 0;
    ::kill(child_, signal);
    ::waitpid(child_, &status, 0);
    code_ = code_of(status);
    child_ = -1;
  }
  return code_;
}

Scratch::Scratch() {
  std::string name = (std::filesystem::temp_directory_path() / "sage-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  folder_ = name;
}

Scratch::~Scratch() {
  std::error_code code;
  std::filesystem::remove_all(folder_, code);
}

std::string shipped_model() {
  return (source_directory() / "models" / "small.safetensors").string();
}

}  // namespace sage::test
