import asyncio

import pytest

from keras_transformer.serving.json_response import json_response, long_json_response

ROWS = [{"translation": '가 "b"', "attention": [[0.25, float("nan")], []]}, {"translation": "\ud800", "attention": []}]
COLUMNS = {"translation": ["가", ""], "attention": [[[0.5]], [[1.0]]]}


@pytest.mark.parametrize("content", [{"predictions": ROWS}, {"outputs": COLUMNS}, {"outputs": []}, {"outputs": {}}])
def test_a_long_response_is_that_of_json(content):
    found, expected = asyncio.run(long_json_response(content)), json_response(content)
    assert (found.body, found.status_code) == (expected.body, expected.status_code)
    assert found.raw_headers == expected.raw_headers


def test_other_tasks_run_while_a_long_response_is_written():
    async def run():
        turns = 0

        async def count():
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.ensure_future(count())
        await long_json_response({"predictions": [{"attention": [[0.5] * 100] * 100}] * 50})
        task.cancel()
        return turns

    assert asyncio.run(run()) >= 50
