"""The beginning of small recipes."""

PHRASES = '[data]\ncorpus = "phrases"\n'


TWO_CORPORA = """[data]
train_source = ["a.en", "/b.en"]
train_target = ["a.de", "/b.de"]
held_out = 0.1
"""
