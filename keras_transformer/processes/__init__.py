"""The process of a command, and several processes that train one model."""
