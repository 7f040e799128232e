#include "gateway/ws/tls_layer.h"

#include "gateway/ws/basic_connection.h"
#include "gateway/ws/basic_connection_handshake.h"
#include "gateway/ws/basic_connection_open.h"

namespace entitysync::ws {

std::shared_ptr<Connection> MakeTlsConnection(std::shared_ptr<Worker> worker, TcpSocket socket,
                                              Admission admission) {
  boost::asio::ssl::context& context = *worker->shared->tls;
  TlsScratch& scratch = *worker->tls_scratch;
  return std::make_shared<BasicConnection<TlsSocket>>(std::move(worker), admission,
                                                      std::move(socket), context, scratch);
}

}  // namespace entitysync::ws
