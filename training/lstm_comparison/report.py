"""Tables in Markdown and the picture, from the results file."""

import statistics

from keras_transformer.plots.figure import new_figure
from lstm_comparison.runs import best_rate, finished_runs
from lstm_comparison.settings import KINDS, SEEDS, TITLES

COLORS = dict(zip(KINDS, ("#1b6ca8", "#d1495b", "#8d6a9f")))
NAMES = {"phrases": "phrases", "multi30k": "Multi30k"}
X_LABELS = {"phrases": "sentences of a text", "multi30k": "source words of a sentence"}


def final_runs(results, corpus):
    """Returns the runs at the best learning rate by kind, at most one per seed. Kinds without runs are absent."""
    runs = {}
    for kind in KINDS:
        rate = best_rate(results, corpus, kind)
        found = finished_runs(results, "train", corpus=corpus, kind=kind, learning_rate=rate) if rate else []
        by_seed = {run["seed"]: run for run in found if run["seed"] in SEEDS}
        if by_seed:
            runs[kind] = [by_seed[seed] for seed in sorted(by_seed)]
    return runs


def spread(numbers, digits=1):
    """Returns the median with the lowest and the highest number in brackets."""
    middle, low, high = (f"{each:.{digits}f}" for each in (statistics.median(numbers), min(numbers), max(numbers)))
    return f"{middle} ({low}-{high})"


def table(columns, rows):
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def tables(results, corpus):
    """Yields headings and tables of a corpus."""
    trials = finished_runs(results, "train", corpus=corpus, seed=SEEDS[0])
    rates = sorted({trial["learning_rate"] for trial in trials})
    perplexities = {(trial["kind"], trial["learning_rate"]): trial["validation_perplexity"] for trial in trials}
    yield (
        f"Validation perplexity by learning rate ({corpus}, seed {SEEDS[0]})",
        table(
            ["model", *rates],
            [[TITLES[kind], *[perplexities.get((kind, rate), "") for rate in rates]] for kind in KINDS],
        ),
    )
    runs = final_runs(results, corpus)
    if not runs:
        return
    yield (
        f"Runs at the best learning rate ({corpus})",
        table(
            ["model", "parameters", "rate", "seeds", "validation perplexity", "s per epoch", "processor s per epoch"],
            [
                [
                    TITLES[kind],
                    f"{each[0]['parameters']:,}",
                    each[0]["learning_rate"],
                    len(each),
                    spread([run["validation_perplexity"] for run in each], 3),
                    spread([run["seconds_per_epoch"] for run in each]),
                    spread([run["processor_seconds_per_epoch"] for run in each]),
                ]
                for kind, each in runs.items()
            ],
        ),
    )
    groups = next(iter(runs.values()))[0]["groups"]
    for name, factor, title in (("exact", 100, "Exact match in %"), ("bleu", 1, "BLEU")):
        rows = [
            [group, facts["source_tokens"]]
            + [spread([factor * run["groups"][group][name] for run in each]) for each in runs.values()]
            for group, facts in groups.items()
        ]
        columns = [X_LABELS[corpus], "source tokens", *[TITLES[kind] for kind in runs]]
        yield f"{title} by length ({corpus})", table(columns, rows)


def speed_table(results):
    """Returns the table of step times and sequential steps, or None without results."""
    records = {(record["kind"], record["length"]): record for record in finished_runs(results, "speed")}
    if not records:
        return None
    rows = []
    for length in sorted({length for _, length in records}):
        found = [records.get((kind, length), {}) for kind in KINDS]
        rows.append(
            [length]
            + [record.get("milliseconds", "") for record in found]
            + [record.get("sequential_steps", "") for record in found]
        )
    columns = [f"{TITLES[kind]}, {what}" for what in ("ms", "sequential steps") for kind in KINDS]
    return table(["tokens", *columns], rows)


def draw(results, output):
    """Writes the picture: quality by length of each corpus, step time and sequential steps by length.

    Raises:
        SystemExit: the results have nothing to draw.
        InputError: matplotlib is missing.
    """
    panels = [("quality", corpus) for corpus in X_LABELS if final_runs(results, corpus)]
    if finished_runs(results, "speed"):
        panels += [("milliseconds", "step time in ms"), ("sequential_steps", "sequential steps")]
    if not panels:
        raise SystemExit(f"{results}: no finished comparison to draw. Run `tune`, `train` or `speed` first.")
    figure = new_figure(4 * len(panels), 3.6)
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, (kind, name) in zip(axes, panels):
        if kind == "quality":
            _draw_quality(axis, name, final_runs(results, name))
        else:
            _draw_speed(axis, kind, name, results)
        axis.grid(alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    axes[-1].legend(frameon=False, loc="upper left")
    figure.savefig(output)


def _draw_quality(axis, corpus, runs):
    score, factor, title = ("exact", 100, "exact match in %") if corpus == "phrases" else ("bleu", 1, "BLEU")
    for kind, each in runs.items():
        groups = list(each[0]["groups"])
        values = [[factor * run["groups"][group][score] for run in each] for group in groups]
        axis.plot(groups, [statistics.median(group) for group in values], "o-", color=COLORS[kind], label=TITLES[kind])
        axis.fill_between(groups, list(map(min, values)), list(map(max, values)), color=COLORS[kind], alpha=0.2)
    axis.set(title=f"{title} ({NAMES[corpus]})", xlabel=X_LABELS[corpus], ylim=(0, None))


def _draw_speed(axis, field, title, results):
    for kind in KINDS:
        records = sorted(finished_runs(results, "speed", kind=kind), key=lambda record: record["length"])
        lengths = [record["length"] for record in records]
        axis.plot(lengths, [record[field] for record in records], "o-", color=COLORS[kind], label=TITLES[kind])
    axis.set(title=title, xlabel="tokens of source and target", xscale="log")
    axis.set_xticks(lengths, lengths)
    axis.set_yscale("log", base=2)
    axis.yaxis.set_major_formatter("{x:g}")
