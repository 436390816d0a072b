"""The dashboard for Grafana: what it asks, a real Prometheus answers that scrapes a running daemon."""

import asyncio
import json
import re
import shutil
import urllib.parse
import urllib.request
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

from bounced.metrics import METRICS
from tests.reports import block, report
from tests.servers.certificate import make_certificate
from tests.servers.daemon import serve
from tests.servers.ports import free_port

DASHBOARD = json.loads((Path(__file__).parents[2] / "deploy" / "grafana" / "bounced.json").read_text(encoding="utf-8"))
#: What Grafana puts in the place of its variables.
VARIABLES = {"$instance": ".*", "$__rate_interval": "10s"}


def expressions():
    """What the panels ask, by panel."""
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            expression = target["expr"]
            for name, value in VARIABLES.items():
                expression = expression.replace(name, value)
            yield panel["title"], expression


@asynccontextmanager
async def prometheus(folder, target):
    """Run a Prometheus that scrapes *target*; give its address."""
    program = shutil.which("prometheus")
    assert program, "prometheus is missing: apt-get install prometheus"
    config = folder / "prometheus.yml"
    scrape = f"scrape_configs: [{{job_name: bounced, static_configs: [{{targets: ['{target}']}}]}}]\n"
    config.write_text(f"global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n{scrape}")
    address = f"127.0.0.1:{free_port()}"
    process = await asyncio.create_subprocess_exec(
        program,
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield address
    finally:
        process.terminate()
        await process.wait()


async def ask(address, expression):
    """Ask Prometheus; give the series that it finds, none while it does not answer."""

    def fetch():
        query = urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(f"http://{address}/api/v1/query?{query}", timeout=10) as answer:
            return json.load(answer)["data"]["result"]

    try:
        return await asyncio.to_thread(fetch)
    except urllib.error.HTTPError as error:
        if error.code == HTTPStatus.SERVICE_UNAVAILABLE:  # it is about to start
            return []
        raise AssertionError(f"{expression}: {error.read().decode()}") from error
    except OSError:
        return []


async def test_queries(tmp_path):
    """Every panel gets data."""
    tls = {f"SMTP__{name.upper()}": value for name, value in make_certificate(tmp_path).items()}
    words = "smtp; 550 5.7.1 blocked using bl.example"
    listed = block("reader@example.org", status="5.7.1", diagnostic_code=words, remote_mta="dns; mx.google.com")
    async with serve(tmp_path / "journal", **tls) as daemon, prometheus(tmp_path, daemon.admin) as address:
        await daemon.send(report(listed))
        silent = dict.fromkeys(expressions())
        async with asyncio.timeout(60):
            while silent:
                silent = {each: None for each in silent if not await ask(address, each[1])}
                await asyncio.sleep(0.5)

    assert {} == silent


def test_metrics():
    """It asks for metrics that there are, and shows each of them but what stands in another."""
    asked = set(re.findall(r"bounced_\w+", " ".join(expression for _, expression in expressions())))

    assert {metric.name for metric in METRICS} == asked


def test_form():
    """It names its data source by a variable, so that it can be imported anywhere, and no two panels lie on one another."""
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    cells = [(place["x"] + x, place["y"] + y) for place in places for x in range(place["w"]) for y in range(place["h"])]

    assert {"${datasource}"} == {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]}
    assert len(cells) == len(set(cells))
    assert len(DASHBOARD["panels"]) == len({panel["id"] for panel in DASHBOARD["panels"]})
