"""The rules, one file per group. `cleaning.rule_registry` lists them.

A rule is a function of `CleaningSettings` and `CorpusFacts` that returns an `AppliedRule`.
"""
