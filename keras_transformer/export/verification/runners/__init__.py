"""Programs that run one artifact in a separate process, with only the packages that its users need.

Each is called as `python RUNNER.py ARTIFACT REQUEST.json RESULT.json`. The request has `texts` and other arguments of
the runner. The result has `translations`, `tokens`, `scores` and `milliseconds` for each text, with None for values
that the artifact does not return. The programs do not import this package.
"""
