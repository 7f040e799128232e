#include "gateway/ws/basic_connection.h"
#include "gateway/ws/basic_connection_handshake.h"
#include "gateway/ws/basic_connection_open.h"

namespace entitysync::ws {

std::shared_ptr<Connection> MakePlainConnection(std::shared_ptr<Worker> worker, TcpSocket socket,
                                                Admission admission) {
  return std::make_shared<BasicConnection<TcpSocket>>(std::move(worker), admission,
                                                      std::move(socket));
}

}  // namespace entitysync::ws
