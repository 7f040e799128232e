// Runs a fuzz target over files and folders of inputs, where libFuzzer is not linked in.

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/fuzz_target.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

namespace {

constexpr std::string_view kMutantsFlag = "--mutants=";

constexpr const char* kFailedInput = "failed_input";

std::string_view running;  // What the target was called with last.

// Keeps the input, as libFuzzer does.
void KeepInput() {
  std::ofstream(kFailedInput, std::ios::binary) << running;
  std::cerr << "the input that failed is in the file " << kFailedInput << "\n";
}

// The process dies of the signal when this returns.
void OnDeadlySignal(int number) {
  KeepInput();
  std::signal(number, SIG_DFL);
}

void Run(std::string_view bytes) {
  running = bytes;
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

// A prefix of every input is an input too: cheap, and truncation is what parsers get wrong.
void RunPrefixes(std::string_view bytes) {
  for (size_t size = 0; size <= bytes.size(); size += 1 + bytes.size() / 64) {
    Run(bytes.substr(0, size));
  }
}

// Changes a byte, cuts some out, says some twice, or puts in a piece of `other`. No match for
// libFuzzer, which learns from what it hits; but it runs wherever the tests do.
void Mutate(std::string& bytes, const std::string& other, std::mt19937& random) {
  const auto below = [&](size_t limit) { return limit == 0 ? 0 : random() % limit; };
  const size_t at = below(bytes.size() + 1);
  switch (random() % 4) {
    case 0:
      if (at < bytes.size()) bytes[at] = static_cast<char>(random());
      break;
    case 1:
      bytes.erase(at, 1 + below(8));
      break;
    case 2:
      bytes.insert(at, bytes.substr(at, 1 + below(32)));
      break;
    default:
      bytes.insert(at, other.substr(below(other.size()), 1 + below(32)));
  }
}

// The same mutants in every run, on every machine.
void RunMutants(const std::vector<std::string>& inputs, size_t mutants) {
  std::mt19937 random;
  for (const std::string& input : inputs) {
    for (size_t i = 0; i < mutants; ++i) {
      std::string mutant = input;
      const size_t changes = 1 + random() % 3;
      for (size_t change = 0; change < changes; ++change) {
        Mutate(mutant, inputs[random() % inputs.size()], random);
      }
      Run(mutant);
    }
  }
}

void Add(const std::filesystem::path& file, std::vector<std::string>& inputs) {
  std::ifstream stream(file, std::ios::binary);
  inputs.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
}

}  // namespace

int main(int argc, char** argv) {
  for (int number : {SIGILL, SIGTRAP, SIGSEGV, SIGABRT}) std::signal(number, OnDeadlySignal);
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_set_death_callback(KeepInput);  // A report ends the process without a signal.
#endif
  std::vector<std::filesystem::path> files;
  size_t mutants = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with(kMutantsFlag)) {
      mutants = std::strtoul(argv[i] + kMutantsFlag.size(), nullptr, 10);
    } else if (std::filesystem::is_directory(argument)) {
      for (const auto& entry : std::filesystem::directory_iterator(argument)) {
        files.push_back(entry.path());
      }
    } else {
      files.emplace_back(argument);
    }
  }
  std::sort(files.begin(), files.end());  // A folder's order differs between machines.
  std::vector<std::string> inputs;
  for (const std::filesystem::path& file : files) Add(file, inputs);
  for (const std::string& input : inputs) {
    RunPrefixes(input);
    Run(input);
  }
  RunMutants(inputs, mutants);
  std::cout << inputs.size() << " inputs, " << mutants << " mutants of each\n";
  return inputs.empty() ? 1 : 0;
}
