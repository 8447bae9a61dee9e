"""All properties, by their names."""

from fuzz.properties.data_files import DataFiles
from fuzz.properties.export_kills import ExportKills
from fuzz.properties.model_folders import ModelFolders
from fuzz.properties.recipes import Recipes
from fuzz.properties.runtimes import Runtimes
from fuzz.properties.search import Search
from fuzz.properties.small_disks import SmallDisks
from fuzz.properties.tokenizers import Tokenizers
from fuzz.properties.training_kills import TrainingKills
from fuzz.properties.translate_lines import TranslateLines

PROPERTIES = {
    each.name: each
    for each in (
        Tokenizers,
        Runtimes,
        TranslateLines,
        Search,
        ModelFolders,
        TrainingKills,
        ExportKills,
        SmallDisks,
        Recipes,
        DataFiles,
    )
}
