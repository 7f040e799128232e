"""An application server in Python: entities "items", answered from a dict.

Commands on standard input, one a line, change them and notify:  set 100 {"a": 1}  and  delete 100.
docs/APPLICATIONS.md shows how entitysync/v1/*_pb2*.py are generated.
"""

import argparse
import random
import sys
import time
from concurrent import futures

import grpc
from entitysync.v1 import entity_pb2, entity_pb2_grpc, gateway_pb2, gateway_pb2_grpc, types_pb2


class Entities(entity_pb2_grpc.EntityServiceServicer):
    def __init__(self, items):
        self.items = items

    def FetchEntity(self, request, context):
        if request.key.entity != "items":
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "only items are served here")
        item = self.items.get(request.key.id)
        if item is None:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such item")
        return entity_pb2.FetchEntityResponse(rows=[item.encode()])


def notify(gateway, key_id):
    """Tells the gateways, again and again until one has confirmed: changes are idempotent."""
    change = types_pb2.Change(key=types_pb2.EntityKey(entity="items", id=key_id))
    for attempt in range(10):
        try:
            gateway.NotifyChange(gateway_pb2.NotifyChangeRequest(changes=[change]), timeout=3)
            return "notified"
        except grpc.RpcError as error:
            if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
                return f"not notified, {error.code().name}: {error.details()}"
            time.sleep(random.uniform(0, 0.1 * 2 ** min(attempt, 5)))
    return "perhaps not notified: no gateway confirmed"


flags = argparse.ArgumentParser()
flags.add_argument("--listen", default="127.0.0.1:9090")
flags.add_argument("--gateway", default="127.0.0.1:8081")
flags = flags.parse_args()
items = {}
server = grpc.server(futures.ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
entity_pb2_grpc.add_EntityServiceServicer_to_server(Entities(items), server)
print("listening on port", server.add_insecure_port(flags.listen), flush=True)
server.start()
gateway = gateway_pb2_grpc.GatewayServiceStub(grpc.insecure_channel(
    flags.gateway, options=[("grpc.max_reconnect_backoff_ms", 2000), ("grpc.enable_http_proxy", 0)]))
for line in sys.stdin:
    command, key, *value = line.strip().split(" ", 2)
    items.update({key: value[0]}) if command == "set" else items.pop(key, None)
    print(notify(gateway, key), key, flush=True)
server.stop(grace=5).wait()
