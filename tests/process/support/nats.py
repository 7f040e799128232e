"""Real nats-servers, alone and as a cluster."""

import os
import shutil

from .processes import Process

# A server that gossips its address is called back at one where nobody answers: routes are those
# of the configuration, through their gates, and no others.
_NOWHERE = "127.0.0.1:1"


class NatsServer(Process):
    """A nats-server on a free port, which stays the same when it is started again; with a
    configuration text if one is given."""

    def __init__(self, name, folder, port, trace=False, config=None):
        super().__init__(name, folder)
        self.port = port
        self._arguments = ["-a", "127.0.0.1", "-p", port, *(["-V"] if trace else [])]
        if config is not None:
            path = self.log_file.with_suffix(".conf")
            path.write_text(config, encoding="utf-8")
            self._arguments += ["-c", path]

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return f"nats://{self.address}"

    async def start(self):
        path = os.environ.get("PATH", "") + ":/usr/sbin"  # Where Debian puts servers.
        starts = self.log().count("Server is ready")
        program = shutil.which("nats-server", path=path)
        assert program, "nats-server is missing: scripts/install-packages test"
        self.spawn([program, *self._arguments])
        await self.logs(rf"(?s)(Server is ready.*){{{starts + 1}}}")


def cluster_config(cluster_port, routes):
    """One server of a cluster that listens for routes and makes these, and no others. Routes that
    answer no ping for 2 s are given up."""
    return f"""
        ping_interval: "1s"
        ping_max: 2
        cluster {{
          name: test
          listen: "127.0.0.1:{cluster_port}"
          no_advertise: true
          cluster_advertise: "{_NOWHERE}"
          routes: [{", ".join(f'"nats-route://{route}"' for route in routes)}]
        }}
    """
