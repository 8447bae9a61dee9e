"""The pages and the files for the server: requests of saved_models/README.md, systemd's unit, nginx's site."""

import json
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import pytest
from server_process import REPOSITORY

from keras_transformer.serving.serving_settings import ServingSettings

EXAMPLES = REPOSITORY / "examples" / "serving"
PAGE = (REPOSITORY / "saved_models" / "README.md").read_text(encoding="utf-8")
SERVING_PAGE = (REPOSITORY / "docs" / "serving.md").read_text(encoding="utf-8")
CURL = re.compile(r"^curl (?:.*\\\n)*.*$\n?(?P<answer># .*)?", re.MULTILINE)


def curl_commands(page, heading):
    """The curl commands of a section of a page, each with the response below it, or None."""
    section = page.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    found = [(match[0].partition("\n# ")[0], match["answer"]) for match in CURL.finditer(section)]
    assert found, heading
    return found


COMMANDS = curl_commands(PAGE, "Requests with curl") + curl_commands(SERVING_PAGE, "LibreTranslate's routes")


def names_in(value):
    """The names of objects in a value for JSON, without the values."""
    if isinstance(value, dict):
        return {name: names_in(each) for name, each in value.items()}
    return [names_in(each) for each in value[:1]] if isinstance(value, list) and value else None


def shown_names(answer):
    """The names of an abbreviated response of the page."""
    return re.findall(r'"(\w+)":', answer)


@pytest.mark.parametrize(("command", "answer"), COMMANDS, ids=range(len(COMMANDS)))
def test_curl_command_of_the_page_gets_its_response(server, command, answer):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    command = command.replace("http://localhost:8501", server.url)
    result = subprocess.run(
        ["bash", "-c", f'curl() {{ command curl -sS --fail-with-body "$@"; }}\n{command}'],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    found = json.loads(result.stdout)
    if answer is not None:
        text = json.dumps(found)
        assert sorted(set(shown_names(answer))) == sorted(set(re.findall(r'"(\w+)": ', text)))


def test_python_client_of_the_page_translates(server, capsys):
    section = PAGE.partition("## Requests from Python\n")[2]
    code = section.partition("```python\n")[2].partition("\n```")[0].replace("http://localhost:8501", server.url)
    exec(compile(code, "saved_models/README.md", "exec"), {})
    answer = server.ask("/v1/models/phrases:predict", {"instances": ["나는 어제 카페에 갔다."]})
    assert capsys.readouterr().out.strip() == str([answer.json["predictions"][0]["translation"]])


def test_the_unit_is_valid_for_systemd(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    program = tmp_path / "keras-transformer"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    text = (EXAMPLES / "keras-transformer.service").read_text(encoding="utf-8")
    unit = tmp_path / "keras-transformer.service"
    unit.write_text(text.replace("/opt/keras-transformer/bin/keras-transformer", str(program)), encoding="utf-8")
    result = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")


def test_the_commands_of_the_files_are_those_of_the_program():
    unit = (EXAMPLES / "keras-transformer.service").read_text(encoding="utf-8")
    docker = (EXAMPLES / "Dockerfile").read_text(encoding="utf-8")
    assert "keras-transformer serve /srv/models/phrases --host 127.0.0.1 --port 8501\n" in unit
    assert json.loads(docker.partition("\nENTRYPOINT ")[2].partition("\n")[0])[1:] == ["serve", "--host", "0.0.0.0"]


def test_nginx_closes_a_connection_before_the_server_does():
    site = (EXAMPLES / "nginx.conf").read_text(encoding="utf-8")
    seconds = int(re.search(r"upstream translation \{[^}]*keepalive_timeout (\d+)s;", site)[1])
    assert seconds < ServingSettings().header_seconds


@pytest.fixture
def certificate(tmp_path):
    """The files of a certificate of localhost and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    files = tmp_path / "translation.pem", tmp_path / "translation.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-out", files[0], "-keyout", files[1]]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    return files


@pytest.mark.slow
def test_nginx_serves_tls(server, certificate, tmp_path):
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed")
    port = 18443
    site = (EXAMPLES / "nginx.conf").read_text(encoding="utf-8")
    changes = {
        "127.0.0.1:8501": f"127.0.0.1:{server.port}",
        "listen [::]:443 ssl http2;\n": "",
        "listen 443": f"listen 127.0.0.1:{port}",
        "/etc/ssl/certs/translation.pem": str(certificate[0]),
        "/etc/ssl/private/translation.key": str(certificate[1]),
        "/var/log/nginx/translation.log": str(tmp_path / "access.log"),
        "translation.example.org": "localhost",
    }
    for old, new in changes.items():
        assert old in site
        site = site.replace(old, new)
    config = tmp_path / "nginx.conf"
    folders = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config.write_text(
        f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}\nhttp {{ {folders}\n{site}\n}}\n"
    )
    subprocess.run([nginx, "-t", "-c", str(config)], check=True, capture_output=True)
    with subprocess.Popen([nginx, "-c", str(config)], stderr=subprocess.DEVNULL) as process:
        try:
            context = ssl.create_default_context(cafile=str(certificate[0]))
            url = f"https://localhost:{port}"
            for _ in range(100):
                try:
                    with urllib.request.urlopen(f"{url}/health", timeout=30, context=context) as response:
                        assert json.load(response) == {"status": "ok"}
                    break
                except OSError:
                    time.sleep(0.1)
            form = b"q=%EB%82%B4%EC%9D%BC&source=ko&target=en"
            with urllib.request.urlopen(f"{url}/translate?q=%EA%B0%80", form, timeout=60, context=context) as response:
                assert json.load(response)["translatedText"]
            query = urllib.parse.urlencode({"unused": "🙂" * 10_000})
            with urllib.request.urlopen(f"{url}/translate?{query}", form, timeout=60, context=context) as response:
                assert json.load(response)["translatedText"]
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(f"{url}/metrics", timeout=30, context=context)
            with caught.value as error:
                assert error.code == 403
        finally:
            process.terminate()
    log = (tmp_path / "access.log").read_text()
    assert '"POST /translate" 200' in log
    assert "%EA" not in log


@pytest.mark.slow
def test_the_page_translates_in_a_browser(server, tmp_path):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "export" / "web"))
    from browser import opened_browser  # noqa: PLC0415
    from web_cases import Page  # noqa: PLC0415

    with opened_browser(tmp_path) as driver:
        page = Page(driver)
        page.open(f"http://localhost:{server.port}/")
        text = "나는 어제 카페에 갔다. 고양이가 물을 마신다."
        page.write(text)
        answer = server.ask(
            "/v1/models/phrases:predict", {"instances": ["나는 어제 카페에 갔다.", "고양이가 물을 마신다."]}
        )
        first, second = (row["translation"] for row in answer.json["predictions"])
        assert page.translation == f"{first} {second}"
        assert len(page.alternatives) > 1
        assert "Korean" in driver.title
        assert "sent to this server" in page.find("footer").text
        assert not [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
