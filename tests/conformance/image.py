"""The images that the sweep speaks of, as an archive for POST /images/load: `probe:1` with a shell, `probe:bare` with nothing."""
import hashlib
import io
import json
import shutil
import tarfile

APPLETS = ("sh", "sleep", "true", "ps", "cat", "ls")


def add(archive, name, content, mode=0o644):
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    archive.addfile(entry, io.BytesIO(content))


def layer():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for folder in ("bin", "etc", "proc", "sys", "dev", "tmp"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        with open(shutil.which("busybox"), "rb") as program:
            add(archive, "bin/busybox", program.read(), 0o755)
        for applet in APPLETS:
            entry = tarfile.TarInfo(f"bin/{applet}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(entry)
        add(archive, "etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
    return out.getvalue()


def archive():
    content = layer()
    out, manifest = io.BytesIO(), []
    with tarfile.open(fileobj=out, mode="w") as whole:
        add(whole, "layer.tar", content)
        for tag, config in (("probe:1", {"Env": ["PATH=/bin"], "Cmd": ["sh"], "Labels": {"of": "image"}}), ("probe:bare", {})):
            described = json.dumps({"architecture": "amd64", "os": "linux", "config": config, "created": "2026-01-01T00:00:00Z",
                                    "history": [{"created": "2026-01-01T00:00:00Z", "created_by": "probe"}],
                                    "rootfs": {"type": "layers",
                                               "diff_ids": ["sha256:" + hashlib.sha256(content).hexdigest()]}}).encode()
            name = hashlib.sha256(described).hexdigest() + ".json"
            add(whole, name, described)
            manifest.append({"Config": name, "RepoTags": [tag], "Layers": ["layer.tar"]})
        add(whole, "manifest.json", json.dumps(manifest).encode())
    return out.getvalue()
