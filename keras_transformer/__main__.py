import sys

from keras_transformer.cli.main import main
from keras_transformer.processes import leave_processes

status = main()
leave_processes(status)
sys.exit(status)
