import json

import pytest


@pytest.fixture
def scaling(benchmark_module):
    benchmark_module("mesh_costs")
    benchmark_module("scaling_size")
    benchmark_module("scaling_clusters")
    return benchmark_module("scaling_model")


TRUE = {"operations": 2e-11, "values": 3e-9, "weights": 0.0, "exchange": 0.01, "sent": 1e-9, "fixed": 0.004}


def times_of(scaling, sizes):
    """Times of a machine that follows the formula exactly."""
    return [
        {"size": size, "processes": processes, "wall": seconds, "seconds_of_batch": 0.002}
        for size in sizes
        for processes in (1, 2)
        for seconds in [scaling.predict({"batch": 0.002, "coefficients": TRUE}, size, processes)]
    ]


def test_a_fit_predicts_another_size(scaling, capsys):
    model = scaling.fit(times_of(scaling, scaling.SIZES), "wall")
    size = "192,768,3000,1,48"
    seconds = {str(count): scaling.predict(model, size, count) for count in (1, 2)}
    times = times_of(scaling, [size])
    assert list(seconds.values()) == pytest.approx([time["wall"] for time in times], rel=1e-3)
    scaling.check({"size": size, "clock": "wall", "seconds": seconds}, times)
    assert capsys.readouterr().out.count(": within 20 %") == 2


def test_a_wrong_prediction_is_reported(scaling, capsys):
    size = scaling.SIZES[0]
    scaling.check({"size": size, "clock": "wall", "seconds": {"1": 1.0, "2": 1.0}}, times_of(scaling, [size]))
    assert capsys.readouterr().out.count("NOT within 20 %") == 2


def test_coefficients_are_not_negative(scaling):
    times = times_of(scaling, scaling.SIZES)
    for time in times[1::2]:
        time["wall"] *= 0.1
    assert min(scaling.fit(times, "wall")["coefficients"].values()) >= 0


def test_the_committed_fit_is_that_of_the_committed_times(scaling):
    times = json.loads((scaling.FOLDER / "scaling_times.json").read_text(encoding="utf-8"))
    model = json.loads((scaling.FOLDER / "scaling_coefficients.json").read_text(encoding="utf-8"))
    found = scaling.fit(times, model["clock"])
    assert found["coefficients"] == pytest.approx(model["coefficients"])


def test_more_machines_need_more_input(scaling, capsys):
    scaling.print_clusters()
    rows = [line for line in capsys.readouterr().out.splitlines() if "H200" in line]
    assert len(rows) == 4
    assert all("predicted, not measured" not in row for row in rows)
