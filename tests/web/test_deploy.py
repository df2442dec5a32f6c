"""What stands in deploy/ against what the program asks for."""

import re
from pathlib import Path

from flask import Flask

from care.settings import load_settings
from homestretch.serving import LARGEST_BODY
from tests.conftest import ROOT
from web.auth import PUBLIC

DEPLOY = ROOT / "deploy"
OF_THE_VOLUME = {"HOMESTRETCH_DATA_DIR"}


def test_whatever_can_be_set_reaches_the_containers(tmp_path: Path) -> None:
    known = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    compose = (DEPLOY / "container" / "compose.yaml").read_text()
    handed_on = dict(re.findall(r"^    ([A-Z_]+): (.*)$", compose, re.MULTILINE))
    unset = {name: re.sub(r".*:-(.*)\}", r"\1", said) for name, said in handed_on.items() if ":-" in said}

    assert known - OF_THE_VOLUME == set(handed_on)
    assert load_settings({"HOMESTRETCH_DATA_DIR": str(tmp_path)} | unset).is_simulated


def test_proxies_let_through_what_the_server_takes_and_log_no_path_that_opens_something(app: Flask) -> None:
    nginx, caddy = ((DEPLOY / "proxy" / name).read_text() for name in ("nginx.conf", "Caddyfile"))
    opening = {
        str(rule).split("/")[1]
        for rule in app.url_map.iter_rules()
        if rule.endpoint in PUBLIC and rule.arguments & {"token", "secret"}
    }
    [hidden] = re.findall(r"~\^/\(\?<opens>([a-z|]+)\)/", nginx)

    assert set(hidden.split("|")) == opening
    assert "$uri" not in nginx.partition("log_format")[2].partition(";")[0]
    assert re.findall(r"client_max_body_size (\d+)m;", nginx) == [str(LARGEST_BODY // 2**20)]
    assert re.findall(r"max_size (\d+)MiB", caddy) == [str(LARGEST_BODY // 2**20)]
