"""Turns docker-compose.yml into commands that run on this machine without containers.

Each service gets a loopback address of its own (127.0.1.1, 127.0.1.2, …), so that all may listen on
the ports they have in their containers. In commands, environment and health checks the names of
services, 0.0.0.0 and 127.0.0.1 are replaced by these addresses, and paths of mounted files by the
files.
"""

import dataclasses
import os
import pathlib
import re
import subprocess

import yaml

# The entry points of the images that the Dockerfile builds.
ENTRY_POINTS = {
    "entity-sync-gateway": ["entity-sync-gateway"],
    "entity-sync-sample": ["entity-sync-sample"],
}


@dataclasses.dataclass
class Service:
    name: str
    address: str
    command: list
    environment: dict
    health_check: list
    depends_on: list


class ComposeFile:
    """The services of a compose file, ready to run.

    network: first three numbers of the loopback addresses to use.
    programs: replaces the first word of a command (where the program was built or installed).
    volumes: folders for the named volumes.
    """

    def __init__(self, path, network, programs, volumes):
        self._root = pathlib.Path(path).parent
        self._programs = programs
        self._volumes = volumes
        services = self._load(path)
        self._addresses = {name: f"{network}.{number}"
                           for number, name in enumerate(services, 1)}
        self.services = {name: self._service(name, service)
                         for name, service in services.items()}

    def in_start_order(self):
        """The services, each after those it depends on."""
        ordered = []

        def add(name):
            for other in self.services[name].depends_on:
                add(other)
            if self.services[name] not in ordered:
                ordered.append(self.services[name])

        for name in self.services:
            add(name)
        return ordered

    @staticmethod
    def _load(path):
        """The services as docker-compose sees them: aliases, defaults and variables resolved."""
        result = subprocess.run(["docker-compose", "-f", str(path), "config"],
                                capture_output=True, text=True, check=True)
        return yaml.safe_load(result.stdout)["services"]

    def _service(self, name, service):
        image = service["image"]
        command = ENTRY_POINTS.get(image, []) + list(service["command"])
        paths = self._paths(service)
        check = service["healthcheck"]["test"]
        if check[0] != "CMD":
            raise ValueError(f"{name}: write the health check as a list that starts with CMD")
        localise = lambda text: self._localise(name, paths, str(text))
        return Service(
            name=name,
            address=self._addresses[name],
            command=self._program([localise(word) for word in command]),
            environment={key: localise(value)
                         for key, value in service.get("environment", {}).items()},
            health_check=self._program([localise(word) for word in check[1:]]),
            depends_on=list(service.get("depends_on", {})))

    def _paths(self, service):
        """Path in the container -> path here."""
        paths = {}
        for volume in service.get("volumes", []):
            source, target = volume.split(":")[:2]
            paths[target] = str(self._volumes.get(source) or self._root / source)
        return paths

    def _localise(self, name, paths, text):
        for target, source in paths.items():
            text = text.replace(target, source)
        text = re.sub(r"\b(0\.0\.0\.0|127\.0\.0\.1)\b", self._addresses[name], text)
        # A name is an address where a port follows it, or where it stands alone and is another's.
        for service, address in self._addresses.items():
            text = re.sub(rf"(?<![\w.-]){re.escape(service)}(?=:\d)", address, text)
            if text == service and service != name:
                text = address
        return text

    def _program(self, command):
        return [str(self._programs.get(command[0], command[0])), *command[1:]]


def environment_of(service):
    """The service's environment, and of ours only what finds programs and libraries."""
    ours = {key: os.environ[key] for key in ("PATH", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS")
            if key in os.environ}
    return {**ours, **service.environment}
