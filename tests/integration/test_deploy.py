"""What is shipped to run it with: manifests that Kubernetes would take, settings that the daemon takes, an image whose steps work."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bounced.config import load
from tests.integration.test_daemon import bounce
from tests.servers.daemon import serve

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))


def documents(path):
    """The documents in a manifest."""
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_manifest(path, tmp_path):
    """Kubernetes' own schemas find nothing to say, and something where a field is wrong."""
    program = Path(sys.executable).with_name("kubernetes-validate")
    broken = tmp_path / "broken.yaml"
    broken.write_text(path.read_text(encoding="utf-8").replace("replicas: ", "replica: "))
    said = [subprocess.run([program, "--strict", file], capture_output=True, text=True, check=False) for file in (path, broken)]

    assert [0, True] == [said[0].returncode, said[1].returncode != 0], said[0].stdout + said[0].stderr


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_settings_of_a_pod(path, tmp_path):
    """The daemon takes the settings of the manifest; its probes and ports are those; it gets no right that it does not need."""
    by_kind = {each["kind"]: each for each in documents(path)}
    (tmp_path / "bounced.toml").write_text(by_kind["ConfigMap"]["data"]["bounced.toml"])
    config = load(tmp_path / "bounced.toml", {"BOUNCED_SINK__URLS": "amqp://bounced:secret@rabbitmq:5672/"})
    pod = (by_kind.get("StatefulSet") or by_kind["Deployment"])["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    mounted = {each["mountPath"] for each in container["volumeMounts"]}

    assert [f"0.0.0.0:{ports['smtp']}"] == list(config.smtp.listen)
    assert f"0.0.0.0:{ports['admin']}" == config.admin.listen
    assert ("/live", "/ready") == tuple(container[f"{name}Probe"]["httpGet"]["path"] for name in ("liveness", "readiness"))
    assert config.journal.folder in mounted
    assert (True, ["ALL"], True) == (
        pod["securityContext"]["runAsNonRoot"],
        container["securityContext"]["capabilities"]["drop"],
        container["securityContext"]["readOnlyRootFilesystem"],
    )
    assert ("publish" if "Deployment" in by_kind else "commit") == config.smtp.reply_after


def test_compose():
    """The settings of the compose file are ones that the daemon takes, with what its environment adds; every volume is declared."""
    (compose,) = documents(DEPLOY / "compose" / "compose.yaml")
    environ = {
        name: re.sub(r"\$\{(\w+):\?[^}]*\}", "secret", value) for name, value in compose["services"]["bounced"]["environment"].items()
    }
    config = load(DEPLOY / "compose" / "bounced.toml", environ)
    named = {volume.partition(":")[0] for service in compose["services"].values() for volume in service.get("volumes", ())}

    assert ("amqp://bounced:secret@rabbitmq:5672/",) == config.sink.urls
    assert ("postgresql", "postgresql://bounced:secret@postgresql/bounced") == (config.history.store, config.history.url)
    assert {name for name in named if not name.startswith(".")} == set(compose["volumes"])


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """Run the steps that build the image, with a folder in the place of /opt/bounced; give the folder."""
    folder, source = tmp_path_factory.mktemp("image") / "bounced", tmp_path_factory.mktemp("source")
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, files):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    text = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    (step,) = re.findall(r"^RUN (python .*)$", text, re.MULTILINE)
    command = (
        step.replace("/opt/bounced", str(folder)).replace("/source", str(source)).replace("python -m venv", f"{sys.executable} -m venv")
    )
    done = subprocess.run(["sh", "-ec", command], capture_output=True, text=True, check=False, cwd=source)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


async def test_image(image, tmp_path):
    """What the image starts takes a bounce, and its health check says so; without the daemon it says no."""
    text = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    entry = re.findall(r'^(?:ENTRYPOINT|CMD) \["(\w+)"\]$', text, re.MULTILINE)
    check = re.search(r'HEALTHCHECK .* CMD \["python", "-c", "(.*)"\]', text)
    assert ["bounced", "serve"] == entry
    assert check

    def health(place):
        program = check[1].replace("127.0.0.1:8025", place)
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return subprocess.run([image / "bin" / "python", "-c", program], check=False, capture_output=True, env=environ).returncode

    async with serve(tmp_path, program=[str(image / "bin" / entry[0]), entry[1]]) as daemon:
        await daemon.send(bounce(1))
        await daemon.logged("arrival.done")
        place = daemon.admin
        alive = health(place)

    assert [0, True] == [alive, health(place) != 0]
