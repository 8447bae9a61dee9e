"""Translates the files of a corpus, shard by shard, on one machine or on a cluster."""
