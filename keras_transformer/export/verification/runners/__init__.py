"""Programs that run one artifact each in a process of their own, with the packages alone that its users need.

Each is called as `python RUNNER.py ARTIFACT REQUEST.json RESULT.json`. The request holds `texts` and what else the
runner needs; the result holds, for each text, `translations`, `tokens`, `scores` and `milliseconds`, with None for
what the artifact does not tell. They import nothing of this package.
"""
