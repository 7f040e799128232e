"""What a browser does with the sample application: watch an item and edit it."""

import json
import time
import urllib.request

from websockets.sync.client import connect

SECRET = "worker-demo"
ITEM = {"entity": "items", "id": "100"}


class Page:
    """One open page: a websocket through `address` ("host:port") that watches an item."""

    def __init__(self, address, page_address=None):
        self._page = page_address or address
        self._socket = connect(f"ws://{address}/ws/entity-sync/", origin=f"http://{self._page}",
                               proxy=None, open_timeout=10, close_timeout=2)
        self._send("secret", SECRET)
        self._send("subscribe", ITEM)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def _send(self, action, body):
        self._socket.send(json.dumps({"action": action, "body": body}))

    def wait_for_quantity(self, quantity, timeout=20):
        """Reads rows until the item has this quantity."""
        deadline = time.monotonic() + timeout
        while True:
            row = json.loads(self._socket.recv(timeout=max(0.01, deadline - time.monotonic())))
            if row["id"] == ITEM["id"] and row["quantity"] == quantity:
                return

    def edit_quantity(self, quantity):
        """What the page's form does."""
        post(self._page, f"/api/items/{ITEM['id']}", {"field": "quantity", "value": quantity})


def post(address, path, body):
    request = urllib.request.Request(
        f"http://{address}{path}", data=json.dumps(body).encode(), method="POST",
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {SECRET}"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=15) as response:
        return response.status
