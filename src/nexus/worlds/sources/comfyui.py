"""Pictures by a ComfyUI server on this machine, running a workflow its user exported.

The workflow (Workflow > Export (API)) says where a scene goes in: ``"%prompt%"`` stands for the
caption, anywhere within a text, and ``"%seed%"`` for the seed, as the whole value of an input.
"""

import io
import json
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from nexus.base.errors import NetworkError, SourceError
from nexus.base.network import is_loopback
from nexus.worlds.protocol import World
from nexus.worlds.sources.protocol import Keyed, Prompt, one_line, prompts, square

PORT: Final = 8188
"""Where ComfyUI listens unless told otherwise."""
PATIENCE: Final = 600.0
"""Seconds to wait for one picture: without a graphics card it takes minutes."""
_REPLY: Final = 30.0
"""Seconds to wait for a reply; the server replies while it draws."""
_FORMATS: Final = ("PNG", "JPEG", "WEBP")


class ComfyUI:
    """A workflow on a local server, told the captions of a world.

    Models are known by the names the workflow gives them: the server does not tell their hashes.

    Raises:
        NetworkError: the address is not on this machine.
        SourceError: the workflow cannot be used, or no ComfyUI answers.
    """

    exact = False

    def __init__(
        self, world: World[Any], address: str, workflow: Path, *, patience: float = PATIENCE
    ) -> None:
        self._world, self._patience = world, patience
        self._host, self._port = local(address)
        self._workflow = read_workflow(workflow)
        self.provenance = {"name": "comfyui", "workflow": self._workflow}
        told = self._json("GET", "/system_stats").get("system", {})
        self.packages = {"comfyui": str(told.get("comfyui_version", "unknown"))}

    def render(self, scenes: Keyed, *, side: int) -> UInt8[np.ndarray, "n side side 3"]:
        """Return one picture a scene, from its caption and its own seed.

        Raises:
            SourceError: the server stopped, refused the workflow, failed in a node, took too long,
                or made anything but one picture.
        """
        return np.stack([self._picture(told, side) for told in prompts(self._world, scenes)])

    def _picture(self, told: Prompt, side: int) -> UInt8[np.ndarray, "side side 3"]:
        request = {"prompt": filled(self._workflow, told), "client_id": "nexus"}
        ticket = str(self._json("POST", "/prompt", request).get("prompt_id", ""))
        place = only_picture(self._outcome(ticket))
        names = ("filename", "subfolder", "type")
        query = urlencode({name: place.get(name, "") for name in names})
        status, data = self._ask("GET", f"/view?{query}")
        if status != 200:
            raise SourceError(
                f"ComfyUI no longer has the picture {place.get('filename')!r} it made",
                hint="does something clear its output folder?",
            )
        try:
            with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
                return square(picture, side)
        except OSError as error:
            raise SourceError(f"ComfyUI sent a damaged picture: {error}") from error

    def _outcome(self, ticket: str) -> Mapping[str, Any]:
        """Return what the history says of a job, once it is there."""
        pause, until = 0.02, time.monotonic() + self._patience
        while True:
            history = self._json("GET", f"/history/{quote(ticket, safe='')}")
            if ticket in history:
                return history[ticket]
            if time.monotonic() > until:
                raise SourceError(
                    f"ComfyUI made no picture in {self._patience:.0f} seconds",
                    hint="look at its queue: is another job in the way?",
                )
            time.sleep(pause)
            pause = min(1.0, 1.5 * pause)

    def _json(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Return the server's reply; what it refuses is an error in its own words."""
        status, data = self._ask(method, path, body)
        try:
            reply = json.loads(data)
        except ValueError:
            reply = None
        if not isinstance(reply, dict) or (status != 200 and "error" not in reply):
            raise SourceError(
                f"what answers at {self._host}:{self._port} is not ComfyUI: {path} gave {status}",
                hint="name its port: --source comfyui:PORT",
            )
        if status != 200:
            raise SourceError(
                f"ComfyUI refused the workflow: {refusal(reply)}",
                hint="open the workflow in ComfyUI and run it there once",
            )
        return reply

    def _ask(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        # http.client, not urllib: no proxy of the environment and no redirect leads elsewhere.
        line = HTTPConnection(self._host, self._port, timeout=_REPLY)
        try:
            data = None if body is None else json.dumps(body).encode()
            line.request(method, path, body=data, headers={"Content-Type": "application/json"})
            answer = line.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException) as error:
            raise SourceError(
                f"no ComfyUI answers at {self._host}:{self._port}: {error}",
                hint="start it, or name its port: --source comfyui:PORT",
            ) from error
        finally:
            line.close()


def local(address: str) -> tuple[str, int]:
    """Return host and port of ``8188``, ``localhost:8188`` or ``http://127.0.0.1:8188``.

    Raises:
        NetworkError: the host is not this machine.
        SourceError: it is no address.
    """
    full = f"127.0.0.1:{address or PORT}" if address.isdigit() or not address else address
    try:
        parts = urlsplit(full if "//" in full else f"//{full}")
        scheme, host, port = parts.scheme, parts.hostname, parts.port or PORT
    except ValueError:
        scheme, host, port = "", None, PORT
    if not host or scheme not in ("", "http"):
        raise SourceError(f"{address!r} is no address of ComfyUI", hint="for example comfyui:8188")
    if not is_loopback(host):
        raise NetworkError(
            f"refused ComfyUI at {host}: NEXUS stays on this machine",
            hint="run ComfyUI here; only 127.0.0.1, ::1 and localhost are asked",
        )
    return host, port


def read_workflow(path: Path) -> dict[str, Any]:
    """Return a workflow in API format that has a place for the prompt and one for the seed.

    Raises:
        SourceError: there is none, or a placeholder is missing.
    """
    try:
        workflow = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} is no workflow: {error}", hint="name a JSON file") from error
    nodes = list(workflow.values()) if isinstance(workflow, dict) else []
    if not nodes or not all(isinstance(node, dict) and "class_type" in node for node in nodes):
        raise SourceError(
            f"{path} is not a workflow in API format", hint="in ComfyUI: Workflow > Export (API)"
        )
    told = json.dumps([node.get("inputs") for node in nodes])
    for mark, where in (("%prompt%", "text"), ('"%seed%"', "seed")):
        if mark not in told:
            bare = mark.strip('"')
            raise SourceError(
                f"{path} has no {bare}", hint=f'write "{where}": "{bare}" where it goes in'
            )
    return workflow


def filled(value: Any, told: Prompt) -> Any:
    """Return the workflow with the placeholders replaced."""
    match value:
        case "%seed%":
            return told.seed
        case str():
            return value.replace("%prompt%", told.text)
        case dict():
            return {name: filled(inner, told) for name, inner in value.items()}
        case list():
            return [filled(inner, told) for inner in value]
        case _:
            return value


def only_picture(outcome: Mapping[str, Any]) -> Mapping[str, str]:
    """Return where the one picture of a finished job is; previews count if nothing was saved.

    Raises:
        SourceError: a node failed, or there is not one picture.
    """
    status = outcome.get("status") or {}
    if status.get("status_str") == "error":
        raise SourceError(
            f"ComfyUI failed: {failure(status)}", hint="its own window shows the whole error"
        )
    nodes = outcome.get("outputs", {}).values()
    made = [image for node in nodes for image in node.get("images", ())]
    made = [image for image in made if image.get("type") == "output"] or made
    if len(made) != 1:
        raise SourceError(
            f"the workflow made {len(made)} pictures, not one",
            hint="give it one Save Image node, and a batch size of 1",
        )
    return made[0]


def failure(status: Mapping[str, Any]) -> str:
    """Return which node failed, and why, from the messages of a job's status."""
    for event, details in status.get("messages", ()):
        if event == "execution_error":
            node, kind = details.get("node_id"), details.get("node_type")
            return f"node {node} ({kind}): {one_line(details.get('exception_message'))}"
        if event == "execution_interrupted":
            return "someone interrupted it"
    return "it does not say why"


def refusal(reply: Mapping[str, Any]) -> str:
    """Return why a workflow was refused, node by node where the server says so."""
    nodes = reply.get("node_errors") or {}
    said = [
        f"node {name} ({node.get('class_type')}): {error.get('message')}: {error.get('details')}"
        for name, node in nodes.items()
        for error in node.get("errors", ())
    ]
    error = reply["error"]
    return one_line("; ".join(said) or (error.get("message") if isinstance(error, dict) else error))
