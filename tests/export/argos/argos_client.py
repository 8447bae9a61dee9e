"""Installs a package with Argos Translate and translates texts: argos_client.py PACKAGE REQUEST.json RESULT.json.

It runs in an environment with Argos Translate, without keras_transformer.
"""

import json
import pathlib
import sys

import argostranslate.package
import argostranslate.translate

package, request, result = map(pathlib.Path, sys.argv[1:])
argostranslate.package.install_from_path(package)
(installed,) = argostranslate.package.get_installed_packages()
translations = [
    argostranslate.translate.translate(text, installed.from_code, installed.to_code)
    for text in json.loads(request.read_text(encoding="utf-8"))
]
languages = [str(language) for language in argostranslate.translate.get_installed_languages()]
result.write_text(json.dumps({"translations": translations, "languages": languages}), encoding="utf-8")
