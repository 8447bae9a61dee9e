import importlib.metadata
import pathlib

from keras_transformer.version import __version__

DISTRIBUTION = "keras-transformer-mt"
# Another package of the package index with the same import name. The first versions of this one had its name, too.
OTHER_DISTRIBUTION = "keras-transformer"


def version_text():
    """Returns the version, the distribution and the folder of the package in use.

    A second line follows if another distribution with the same import name is installed.
    """
    folder = pathlib.Path(__file__).resolve().parents[1]
    line = f"keras-transformer {__version__} (distribution {DISTRIBUTION}) from {folder}"
    try:
        other = importlib.metadata.distribution(OTHER_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return line
    return (
        f"{line}\n{OTHER_DISTRIBUTION} {other.version} in {other.locate_file('')} is another distribution with the "
        f"same import name. Uninstall both, then install {DISTRIBUTION} again."
    )
