"""A registry of images on this machine, as far as `docker pull` needs one; what it serves comes from `docker save`."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import tarfile
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

_TYPE = "application/vnd.docker.{}+json"
_MANIFEST = _TYPE.format("distribution.manifest.v2")
_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


class Registry:
    """Serves one image, with a file of its own added, under every name and tag. `asked`: the paths it was asked for."""

    def __init__(self, image: str, folder: Path) -> None:
        self._blobs: dict[str, bytes] = {}
        self.asked: list[str] = []
        archive = folder / "image.tar"
        subprocess.run(["docker", "save", "--output", str(archive), image], check=True)
        with tarfile.open(archive) as saved:
            described = json.loads(_read(saved, "manifest.json"))[0]
            layers = [_marked(_read(saved, name)) for name in described["Layers"]]
            config = json.loads(_read(saved, described["Config"]))
        config["rootfs"]["diff_ids"] = [_digest(layer) for layer in layers]
        manifest = {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": self._blob(_TYPE.format("container.image.v1"), json.dumps(config).encode()),
            "layers": [self._blob(_LAYER, gzip.compress(layer, 1)) for layer in layers],
        }
        self._manifest = json.dumps(manifest).encode()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def address(self) -> str:
        """As it stands before the name of an image."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _blob(self, media_type: str, data: bytes) -> dict[str, object]:
        digest = _digest(data)
        self._blobs[digest] = data
        return {"mediaType": media_type, "size": len(data), "digest": digest}

    def _find(self, path: str) -> tuple[str, bytes] | None:
        self.asked.append(path)
        if path == "/v2/":
            return "application/json", b"{}"
        if "/manifests/" in path:
            return _MANIFEST, self._manifest
        data = self._blobs.get(path.rpartition("/")[2])
        return None if data is None else ("application/octet-stream", data)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        find = self._find

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                found = find(self.path)
                media_type, data = found or ("application/json", b'{"errors": []}')
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", media_type)
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Docker-Content-Digest", _digest(data))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(data)

            do_HEAD = do_GET  # noqa: N815 - the name the server looks for

            def log_message(self, *args: object) -> None:
                """Nothing on stderr."""

        return Handler


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _marked(layer: bytes) -> bytes:
    """The layer with one more file, so that no engine has it yet."""
    file = io.BytesIO(layer)
    with tarfile.open(fileobj=file, mode="a") as archive:
        archive.addfile(tarfile.TarInfo(f"of-{uuid.uuid4().hex}"))
    return file.getvalue()


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    assert file is not None
    return file.read()
