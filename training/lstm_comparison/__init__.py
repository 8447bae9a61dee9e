"""The parts of `compare_lstm.py`: models, texts, runs, step times, tables and the picture."""
