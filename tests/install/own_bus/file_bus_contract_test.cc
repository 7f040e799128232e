#include <entitysync/gateway/bus_contract.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "file_bus.h"

namespace entitysync::bus {
namespace {

ContractBus NewFileBus() {
  char path[] = "/tmp/file-bus-XXXXXX";
  close(mkstemp(path));
  // The file goes with the last who holds it.
  const std::shared_ptr<std::string> file(new std::string(path), [](std::string* name) {
    unlink(name->c_str());
    delete name;
  });
  return {.new_link = [file] { return std::make_unique<FileBus>(*file); },
          .cut = nullptr,
          .restore = nullptr};
}

INSTANTIATE_TEST_SUITE_P(File, BusContract, ::testing::Values(BusContractParam{"File", NewFileBus}),
                         BusContractName);

}  // namespace
}  // namespace entitysync::bus
