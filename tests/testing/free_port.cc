#include "tests/testing/free_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <random>
#include <string>

namespace entitysync::testing {
namespace {

constexpr uint16_t kFirst = 12'000;
constexpr uint16_t kCount = 20'000;

// Whether this process holds `port` among tests: a name in the abstract namespace of Unix sockets,
// which the kernel frees when the process ends.
bool Claim(uint16_t port) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const std::string name = "entitysync-test-port-" + std::to_string(port);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path + 1, name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0) return true;  // Stays open.
  close(fd);
  return false;
}

bool NothingListens(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return bound;
}

}  // namespace

uint16_t FreePort() {
  std::random_device random;
  while (true) {
    const auto port = static_cast<uint16_t>(kFirst + random() % kCount);
    if (NothingListens(port) && Claim(port)) return port;
  }
}

}  // namespace entitysync::testing
