import sys

from keras_transformer.cli.main import run

sys.exit(run())
