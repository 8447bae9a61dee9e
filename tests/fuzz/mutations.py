"""Changes to the files of a model folder, from one flipped bit to a link to an endless file."""

import json
import os
import shutil

from fuzz.weight_mutations import edit_weights

VALUES = [
    *(None, True, False, 0, -1, 1, 2, 3, 10**7, 10**9, 2**31, 2**63, 10**30, 10**400, 1e-300, 1e300, 0.5, -0.0),
    *(
        float("nan"),
        float("inf"),
        float("-inf"),
        "",
        "relu",
        "glu",
        "\x1b[31mred",
        "\ud800",
        "a" * 100_000,
        [],
        {},
        [[1]],
    ),
    *("1", {"a": 1}, [0] * 1000),
]
# Files of a model folder. The last is unknown to the library.
NAMES = ("config.json", "model.weights.h5", "tokenizer.model", "source.model", "target.model", "scores.json")
NAMES += ("history.csv", "recipe.toml", "README.md", "validation.source.txt", "validation.target.txt", "other.txt")


def mutate_folder(folder, generator):
    """Changes one or two files of a folder; returns a description of the changes for messages."""
    changes = []
    for _ in range(generator.choice([1, 1, 1, 2])):
        if not (folder.is_dir() and any(path.is_file() and not path.is_symlink() for path in folder.iterdir())):
            break
        change = generator.choices(list(_CHANGES), list(_CHANGES.values()))[0]
        changes.append(change(folder, generator))
    return "; ".join(changes)


def mutate_bytes(content, generator):
    """Flips, drops, doubles or replaces some of the bytes."""
    content = bytearray(content)
    for _ in range(generator.choice([1, 1, 1, 2, 10, 100])):
        place = generator.randrange(len(content)) if content else 0
        length = generator.choice([1, 2, 8, 100])
        change = generator.randrange(5)
        if change == 0 and content:
            content[place] ^= 1 << generator.randrange(8)
        elif change == 1:
            del content[place : place + length]
        elif change == 2:
            content[place:place] = generator.randbytes(length)
        elif change == 3:
            content[place : place + length] = content[place : place + length] * 2
        else:
            content[place : place + length] = generator.choice([b"\0", b"\xff"]) * length
    return bytes(content)


def _file(folder, generator):
    """Chooses one of the existing files."""
    return generator.choice(sorted(path for path in folder.iterdir() if path.is_file() and not path.is_symlink()))


def _flip(folder, generator):
    path = _file(folder, generator)
    path.write_bytes(mutate_bytes(path.read_bytes(), generator))
    return f"bytes of {path.name} changed"


def _truncate(folder, generator):
    path = _file(folder, generator)
    size = generator.choice([0, 1, generator.randrange(path.stat().st_size + 1)])
    os.truncate(path, size)
    return f"{path.name} cut to {size} bytes"


def _remove(folder, generator):
    path = _file(folder, generator)
    path.unlink()
    return f"{path.name} removed"


def _swap(folder, generator):
    path, other = _file(folder, generator), _file(folder, generator)
    content = path.read_bytes()
    path.write_bytes(other.read_bytes())
    other.write_bytes(content)
    return f"{path.name} and {other.name} exchanged"


def _is_odd(path):
    """Says whether an earlier change made the path a folder, a pipe or a link, for instance to an endless file."""
    return path.is_symlink() or (path.exists() and not path.is_file())


def _clear(path):
    """Removes a file, a link or a folder, if there is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)


def _link(folder, generator):
    path = folder / generator.choice(NAMES)
    _clear(path)
    kind = generator.choice(
        ["/dev/zero", "/dev/urandom", "/dev/null", "fifo", "folder", "itself", "/proc/self/mem", "/nowhere"]
    )
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(path if kind == "itself" else kind)
    return f"{path.name} is {kind}"


def _edit_json(folder, generator):
    path = folder / generator.choice(["config.json", "config.json", "config.json", "scores.json"])
    if _is_odd(path):
        return "nothing"
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        content = {"bleu": 1.0}
    place = content
    keys = []
    while isinstance(place, dict) and place:
        keys.append(generator.choice(sorted(place)))
        if not isinstance(place[keys[-1]], dict) or generator.random() < 0.1:
            break
        place = place[keys[-1]]
    value = generator.choice([*VALUES, "remove", "nest", "new key"])
    if not isinstance(place, dict) or not keys:
        return "nothing"
    if value == "remove":
        del place[keys[-1]]
    elif value == "new key":
        place["a_new_key\x1b[31m"] = 1
    elif value == "nest":
        depth = generator.choice([100, 20_000, 200_000])
        path.write_text("[" * depth + "]" * depth)
        return f"{path.name} nested {depth} deep"
    else:
        place[keys[-1]] = value
    path.write_text(json.dumps(content))
    return f"{path.name}: {'.'.join(keys)} = {str(value)[:40]!r}"


def _larger_config(folder, generator):
    """A valid config of a model of gigabytes, or of a thousand blocks. Only the stored shapes contradict it."""
    path = folder / "config.json"
    key, value = generator.choice(
        [("intermediate_dim", 10**7), ("num_encoder_layers", 1_000), ("num_decoder_layers", 1_000)]
    )
    if _is_odd(path):
        return "nothing"
    try:
        content = json.loads(path.read_text())
        content["model"][key] = value
    except (OSError, ValueError, KeyError, TypeError):
        return "nothing"
    path.write_text(json.dumps(content))
    return f"config.json: model.{key} = {value:,}"


def _edit_history(folder, generator):
    if _is_odd(folder / "history.csv"):
        return "nothing"
    epoch = generator.choice(["9" * 400, "-1", "nan", "1e400", "", "x", "\x1b[31m", "1" + "," * 1000])
    (folder / "history.csv").write_text(f"epoch,loss\n{epoch},{generator.choice(['1.5', 'nan', 'inf', '1,2'])}\n")
    return f"history.csv with the epoch {epoch[:20]!r}"


def _touch(folder, generator):
    path = _file(folder, generator)
    path.write_bytes(path.read_bytes())
    return "nothing"


def _add_file(folder, generator):
    path = folder / generator.choice(NAMES)
    if _is_odd(path):
        return "nothing"
    path.write_bytes(generator.randbytes(generator.choice([0, 10, 100_000])))
    return f"{path.name} filled with random bytes"


def _other_folder(folder, generator):
    """Replaces the file by a folder of the same name."""
    if generator.random() < 0.5:
        shutil.rmtree(folder)
        return "the folder removed"
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    return "all files removed"


def _small_records(folder, generator):
    """A file that is short, or regular, and would need far more memory than its size."""
    name, content = generator.choice(
        [
            ("tokenizer.model", b"\x0a\x00" * 2**20),
            ("tokenizer.model", b"\x12\x02\x0a\x00" * 2**20),
            ("history.csv", b"epoch\n" + b"0\n" * 2_000_000),
            ("history.csv", b"epoch" + b"," * 100_000 + b"\n" + b"0\n" * 1_000),
            ("scores.json", b"[" * 1_000_000),
            ("config.json", b'{"a":' * 1_000_000),
        ]
    )
    _clear(folder / name)
    (folder / name).write_bytes(content)
    return f"{name} of {len(content):,} bytes"


_CHANGES = {
    _flip: 30,
    _truncate: 10,
    _remove: 4,
    _swap: 6,
    _link: 10,
    _edit_json: 20,
    _larger_config: 3,
    _edit_history: 3,
    edit_weights: 20,
    _touch: 3,
    _add_file: 3,
    _other_folder: 1,
    _small_records: 3,
}
