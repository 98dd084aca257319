"""MLflow's own pages in a browser, on a store that the pipeline just wrote: `make test-browser`.

With $SCREENSHOTS, a folder, the store is that of the shipped results, and pictures of the pages are left there
(`make screenshots`).
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, say
from processes import free_port, serving

from analysis.__main__ import main as analysis

pytestmark = pytest.mark.browser

# What a container without a display, run as root, needs, and no talk to the browser's maker.
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
# Nothing is asserted on wall time: this long only something that never comes is waited for.
PATIENCE = 120_000
# What MLflow shows on a first visit only, and would cover the page.
VISITED_BEFORE = {
    "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1": "true",
    "mlflow.assistant.panelOpen_v1": "false",
    "_mlflow_model_registry_promo_modal_dismissed_v1": "true",
}
VIEWPORT = {"width": 1500, "height": 800}
PICTURES = os.environ.get("SCREENSHOTS")
BENCHMARK = "short_answers"
MODEL = f"slm-mux-{BENCHMARK}"


@pytest.fixture
def page():
    """An empty page of Debian's Chromium, with an empty profile."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    assert chromium, "no chromium on this machine; `apt-get install chromium` brings it"
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=chromium,
            headless=True,
            args=FLAGS.split(),
            viewport=VIEWPORT,
        )
        for key, value in VISITED_BEFORE.items():
            context.add_init_script(f"localStorage.setItem({key!r}, {value!r})")
        context.set_default_timeout(PATIENCE)
        yield context.pages[0]
        context.close()


@pytest.fixture
def small_study(study, capsys):
    """The store of a small study, whose samples the stand-in gave, after the whole pipeline."""
    say(capsys, "questions", BENCHMARK)
    for model in study.params["model_names"]:
        say(capsys, "generate", BENCHMARK, model)
    for command in ("grade", "votes", "compare", "certainty", "search", "scaling"):
        say(capsys, command, BENCHMARK)
    assert analysis(["report"]) == 0
    say(capsys, "track")
    say(capsys, "register", BENCHMARK)
    say(capsys, "trace", BENCHMARK, "--questions", "4")
    return os.environ["MLFLOW_TRACKING_URI"]


@pytest.fixture
def shipped_results(tmp_path, capsys, monkeypatch):
    """The store of the shipped results, made in a clone, so that this folder's own store is left alone."""
    import subprocess

    clone = tmp_path / "slmmux"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    for part in ("votes", "samples", "questions"):
        shutil.copytree(ROOT / "data" / part, clone / "data" / part)
    monkeypatch.chdir(clone)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{clone}/mlflow.db")
    say(capsys, "track")
    say(capsys, "register", BENCHMARK)
    say(capsys, "trace", BENCHMARK)
    return os.environ["MLFLOW_TRACKING_URI"]


@pytest.fixture
def store(request):
    return request.getfixturevalue("shipped_results" if PICTURES else "small_study")


@pytest.fixture
def pages(store, tmp_path):
    """The address of `mlflow ui` on the store."""
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", store, "--port", str(port)]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with serving(
        [*command, "--workers", "1"], f"http://127.0.0.1:{port}/health", tmp_path / "ui.log", PATH=path, **quiet
    ):
        yield f"http://127.0.0.1:{port}"


def picture(page, name: str) -> None:
    """Leave a picture of the page, in few colours and so a small file, where pictures are asked for."""
    if PICTURES:
        from PIL import Image

        # Away from what shows a hint under the mouse.
        page.mouse.move(0, 0)
        # The list of runs goes on drawing its icons for a moment.
        page.wait_for_timeout(2000)
        # Where the store of the pictures lay is of no interest.
        for path in page.get_by_text("Path: file:").all():
            path.evaluate("element => { element.style.visibility = 'hidden' }")
        target = ROOT / PICTURES / f"{name}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=target)
        Image.open(target).convert("RGB").quantize(160).save(target, optimize=True)


def listed(page, count: int) -> list[str]:
    """The names of the first runs on the page, from the top."""
    return [page.locator(f'[row-index="{row}"] a').first.inner_text() for row in range(count)]


def sort_by(page, column: str) -> None:
    page.get_by_test_id("sort-select-dropdown").click()
    page.get_by_test_id(f"sort-select-{column}").click()
    page.get_by_test_id("sort-select-dropdown").get_by_text(f"Sort: {column}").wait_for()


def test_the_study_is_found_sorted_and_seen_in_mlflows_pages(page, store, pages):
    import mlflow

    mlflow.set_tracking_uri(store)
    (experiment,) = [e for e in mlflow.search_experiments() if e.name == "slm-mux"]

    def runs(*order):
        return mlflow.search_runs([experiment.experiment_id], output_format="list", order_by=order)

    page.goto(pages)
    page.get_by_role("button", name="Model training").click()
    page.get_by_role("link", name="slm-mux").first.click()

    # The list of runs, newest first, begins with the last stage: it can be read without opening a run.
    page.get_by_role("link", name="report", exact=True).wait_for()
    stages = [r.info.run_name for r in runs("attributes.start_time DESC") if "mlflow.parentRunId" not in r.data.tags]
    assert listed(page, 6) == stages[:6]
    picture(page, "runs")

    # Sorted by accuracy it ranks what was measured.
    sort_by(page, "accuracy")
    ranked = runs("metrics.accuracy DESC")
    page.locator('[row-index="0"] a').get_by_text(ranked[0].info.run_name, exact=True).wait_for()
    assert listed(page, 8) == [r.info.run_name for r in ranked[:8]]
    accuracies = [r.data.metrics["accuracy"] for r in ranked[:8]]
    assert accuracies == sorted(accuracies, reverse=True) and accuracies[0] > accuracies[-1]
    shown = page.locator('[row-index="0"]').get_by_text(str(accuracies[0])[:4])
    assert shown.count() == 1
    picture(page, "runs_by_accuracy")

    # The figure of a run.
    sort_by(page, "Created")
    page.get_by_role("link", name="report", exact=True).click()
    page.get_by_role("tab", name="Artifacts").click()
    page.get_by_text("report.png").first.click()
    figure = page.locator("img[src^='blob:'], img[src*='report.png'], img[src^='data:image/png']").first
    figure.wait_for()
    assert figure.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
    picture(page, "run_with_figure")

    # The registered model and its version.
    page.goto(f"{pages}/#/models")
    page.get_by_role("link", name=MODEL).first.click()
    page.get_by_role("link", name="Version 1").click()
    page.get_by_text("SLM-MUX, ").first.wait_for()
    page.get_by_text("Outputs (8)").wait_for()
    picture(page, "registered_model")
    for part, column in (("Inputs (1)", "question"), ("Outputs (8)", "confidence")):
        page.get_by_text(part).click()
        page.get_by_text(column).first.wait_for()


@pytest.fixture
def another_experiment(store, capsys, monkeypatch) -> str:
    """The same comparison with another k, as `dvc exp run --name more-samples -S evaluation.samples=K` makes it."""
    params = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    params["evaluation"]["samples"] += 1
    Path("params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    monkeypatch.setenv("DVC_EXP_NAME", "more-samples")
    say(capsys, "compare", BENCHMARK)
    say(capsys, "track")
    return "more-samples"


def test_questions_and_experiments_are_seen_in_mlflows_pages(page, store, another_experiment, pages):
    import mlflow

    mlflow.set_tracking_uri(store)
    experiment = mlflow.get_experiment_by_name("slm-mux").experiment_id

    # The link that `slmmux track` prints: all runs, the most accurate first, and what they are.
    page.goto(f"{pages}/#/experiments/{experiment}/runs?viewStateShareKey=accuracy")
    ranked = mlflow.search_runs([experiment], output_format="list", order_by=["metrics.accuracy DESC"])
    page.locator('[row-index="0"]').get_by_text(f"{ranked[0].data.metrics['accuracy']:.4g}"[:4]).first.wait_for()
    assert ranked[0].data.metrics["accuracy"] == max(r.data.metrics.get("accuracy", 0) for r in ranked)
    for column in ("accuracy", "tokens_per_question", "method", "models"):
        page.get_by_text(column, exact=True).first.wait_for()
    picture(page, "sorted_by_link")

    # Two methods in two experiments: four names, and their axes.
    of_compare = f"tags.`slmmux.stage` = 'compare@{BENCHMARK}' AND tags.`mlflow.parentRunId` != ''"
    found = mlflow.search_runs([experiment], of_compare, output_format="list")
    methods = ("slm_mux", "self_consistency")
    chosen = [run for run in found if run.data.tags["slmmux.configuration"] in methods]
    assert len({run.info.run_name for run in chosen}) == 4
    assert [another_experiment in run.info.run_name for run in chosen].count(True) == 2
    ids, experiments = (json.dumps(of, separators=(",", ":")) for of in ([r.info.run_id for r in chosen], [experiment]))
    # High enough for the names below the plot.
    page.set_viewport_size({"width": 1500, "height": 1000})
    page.goto(f"{pages}/#/compare-runs?runs={ids}&experiments={experiments}")
    for run in chosen:
        page.get_by_text(run.info.run_name).first.wait_for()
    page.locator(".js-plotly-plot .parcoords, .parcoords-lines, .js-plotly-plot").first.wait_for()
    picture(page, "comparison")
    page.set_viewport_size(VIEWPORT)

    # The page of traces, and one of them.
    page.goto(f"{pages}/#/experiments/{experiment}/traces")
    traces = mlflow.search_traces(locations=[experiment], return_type="list")
    page.get_by_text("question_id").first.wait_for()
    page.get_by_text("correct").first.wait_for()
    # What MLflow advertises on a first visit.
    if (hint := page.get_by_role("button", name="Got it")).count():
        hint.click()
    picture(page, "traces")
    page.goto(f"{pages}/#/experiments/{experiment}/traces?selectedEvaluationId={traces[0].info.trace_id}")
    for name in ("decision", *[span.name for span in traces[0].data.spans if span.span_type == "LLM"]):
        page.get_by_text(name, exact=True).first.wait_for()
    # A model's span: its votes and samples.
    page.get_by_text(next(span.name for span in traces[0].data.spans if span.span_type == "LLM"), exact=True).click()
    for part in ("votes", "confidence", "samples"):
        page.get_by_text(part, exact=True).first.wait_for()
    picture(page, "trace")


@pytest.mark.skipif(bool(PICTURES), reason="the stand-in serves the small study only")
def test_a_browser_asks_the_served_model(page, small_study, parrot, tmp_path):
    from mlflow import __version__

    port, asked = free_port(), len(parrot.requests)
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local"]
    command += ["-m", f"models:/{MODEL}/1", "-p", str(port)]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with serving(command, f"{address}/ping", tmp_path / "serve.log", PATH=path):
        page.goto(f"{address}/version")
        assert __version__ in page.inner_text("body")
        body = {"dataframe_records": [{"question": "What is 12 + 31?"}]}
        reply = page.evaluate(
            "async body => { const reply = await fetch('/invocations', {method: 'POST', body: JSON.stringify(body),"
            " headers: {'Content-Type': 'application/json'}}); return [reply.status, await reply.json()]; }",
            body,
        )
        refused = page.request.post(f"{address}/invocations", data={"dataframe_records": [{"question": ""}]})
    assert reply[0] == 200
    (row,) = reply[1]["predictions"]
    votes = {of_model["model"]: of_model for of_model in json.loads(row["votes"])}[row["model"]]
    assert row["answer"] in ("12", "31")
    assert votes["answers"][row["answer"]] / votes["samples"] == pytest.approx(row["confidence"])
    assert len(parrot.requests) > asked
    assert refused.status == 400 and "row 1: the question is empty" in refused.text()
