#include "gateway/config/load.h"
#include "tests/fuzz/fuzz_target.h"

// Configuration files.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const entitysync::config::Environment nothing{
      .variable = [](const std::string&) { return std::nullopt; },
      .file_fault = [](const std::string&) { return std::string("does not exist"); }};
  entitysync::config::LoadAll(entitysync::fuzz::AsText(data, size), "fuzz.yaml", {}, nothing);
  return 0;
}
