"""The rule `markup` with texts that it must drop and texts that it must keep."""

import pytest
from cleaning_cases import rule_of

from keras_transformer.cleaning import CleaningSettings, clean_pairs


@pytest.mark.parametrize(
    "text",
    [
        "<b>A dog</b> runs.",
        "A dog<br/>runs.",
        "A dog runs. <br",
        '<a href="x">A dog</a> runs.',
        "A &amp; B",
        "A&nbsp;dog",
        "&#39;A dog&#x27;",
        "&lt;b&gt;A dog",
        "[url=x]A dog[/url]",
        "{\\an8}A dog",
        "[[Dog|A dog]] runs",
        "{{cite}} A dog",
        "[A dog](https://example.com)",
        "<!-- x --> A dog",
        "< b > A dog < / b >",
        '< a href = " x " > A dog',
        "A dog < br >",
        "A dog </ p>",
        "A dog <a href",
        'A dog < span class = " x',
        "A&nbsp dog",
        "A &#39 dog",
        "A & nbsp ; dog",
        "[center]A dog",
        "[list][*]A dog",
        "[*] A dog",
        "A dog[/left]",
        "[align=left]A dog",
        '[quote="Tom Smith"]A dog',
        "{y:i}A dog",
        "{12}{50}A dog",
        "== A dog ==",
        "[http://example.com A dog]",
        "A **big** dog",
        "**A dog** runs.",
        "A `dog` runs.",
        "[A dog](page.html)",
        "## A dog",
        "# A dog",
        "A __big__ dog",
        "```python",
        "A dog ```",
        "<?php echo 'a dog'; ?>",
        "A \\textbf{big} dog",
        "\\section{A dog}",
        "00:01:02,500 --> 00:01:04,000",
        "01:02.500 --> 01:04.000 A dog",
        "A '''big''' dog",
        *(
            "# A dog runs.",
            "___big___ dog",
            "[^1] A dog",
            "- [x] A dog",
            "| a dog | a cat |",
            "|---|",
            '{| class="wiki"',
        ),
        *("|- A dog", "{{Infobox dog", "<% if x %> A dog", "{% if x %}A dog", "A dog ]]>", "A dog<br>", "<unk> dog"),
        *(
            "\\item A dog",
            "\\includegraphics[width=5cm]{dog}",
            "A dog $x^2$",
            "{\\rtf1 A dog",
            "[h1]A dog",
            "[hr] A dog",
        ),
        *("00:01:02 --> 00:01:04", "00 : 01 : 02,500 -- > 00 : 01 : 04,000", "00:01:02,500 --&gt; 00:01:04,000"),
        *("Dialogue: 0,0:00:01.00,0:00:02.00,Default,,A dog", "[01:02.50]A dog"),
        *('{"text": "A dog"}', '"title": "A dog",', '"count": 3,', "{'text': 'A dog'}", '"dogs": [', '{"dog": true'),
        *('A \\"big\\" dog', "A dog.\\nA cat."),
    ],
)
def test_markup_is_found(text):
    assert rule_of(text, "Ein Hund läuft.") == "markup"
    assert rule_of("A dog runs.", text) == "markup"


@pytest.mark.parametrize(
    "text",
    [
        *("a < b and c > d", "I <3 you", "AT&T; R&D", "Tom & Jerry", "[1] a dog", "me <me@example.com>", "{a} dog's"),
        *(
            "a <b and c = d",
            "p < 0.05 > 0.01",
            "f**k that s**t",
            "2 ** 3 ** 4",
            "A women` s hand .`",
            "# 8 and #5",
            "# a dog runs .",
        ),
        *("5 == 5", "=====", "Tom [left] and Ann [right]", "A speech [video]", "''Tis a dog", "rock & roll ; a dog"),
        *(
            "guitar &amps",
            "a*b*c",
            "[a] (dog)",
            "{0} of {1}",
            "a ''big'' dog",
            "``a big dog'' said",
            "#1 dog",
            "# 1 dog",
        ),
        *("C# and F#", "file_name", "a ____ dog", "__ dogs __", "5 --> 6", "a -> dog", "C:\\dogs", "dogs / \\ cats"),
        *(
            "# of dogs",
            "#",
            "No. #12",
            "#dog is a hashtag",
            "Call __init__ to begin.",
            "my ____ and ____",
            "C:\\new\\text",
        ),
        *("See <https://example.com/a>.", "<www.example.com>", "if a<b and c>d", "x < y > z", "</3", "--> a dog"),
        *("2:30 --> 3:30", "from 10:00:05, 10:00:07", "He ran 0:09.58, then 0:09.63", "Open 10:00-12:30, 14:00-18:00."),
        *("$5 | $6 | $7", "Yes | No", "5 || 6", "$5 and $6", "US$5 or US$6_000", "Apples: $5, pears: $6."),
        *('A "dog": 3 letters.', '"Dog": a noun.', 'Title: "Dog"', "[sic]", "[...] a dog", "\\o/", "6'2'' and 5'10''"),
        *("- A dog", "* A dog", "*sighs* A dog", "Wow!! A dog!! Yes!!", "rock ''n'' roll", "~~ A dog ~~"),
    ],
)
def test_signs_are_no_markup(text):
    assert rule_of(text, "Ein Hund läuft.", without=["language", "length_ratio"]) is None


@pytest.mark.parametrize(
    "text",
    [
        "size < b a=" + 50_000 * " " + "x",
        "<" + 50_000 * " " + "x",
        "==a" + 50_000 * "=" + "x",
        12_500 * "__a ",
        25_000 * "\\ab ",
        12_500 * "**a ",
        50_000 * "[",
        10_000 * "[url=",
        6_000 * "[http://",
        25_000 * "{{",
        16_000 * "{\\a",
        "a<b " + 50_000 * "= ",
        "a<b" + 50_000 * "/",
        "|" + 50_000 * " a",
        25_000 * "$a ",
        25_000 * ', "',
        50_000 * '{"a',
        10_000 * "\\ab[",
        25_000 * "1:02 ",
        "{" + 50_000 * " ",
        "a\\n" + 50_000 * "a",
    ],
    ids=lambda text: text[:12].strip(),
)
def test_signs_without_an_end_take_linear_time(text):
    """Quadratic time would be hours for these."""
    assert rule_of(text, "Ein Hund läuft.", without=["language", "length_ratio", "encoding", "script"]) is None


def test_escapes_of_tokenised_text_are_kept():
    pairs = [("a man 's dog , a cat .", "ein hund , eine katze .")] * 2 + [("a man &apos;s dog .", "sein hund .")]
    settings = CleaningSettings("en", "de", without=["duplicate"])
    assert [each.rule for each in clean_pairs(pairs, settings)] == [None] * 3
    for text in ("a man&apos;s dog .", "&lt; b &gt; a dog &lt; / b &gt;", "a &amp; nbsp ; dog"):
        pairs[-1] = (text, "sein hund .")
        assert list(clean_pairs(pairs, settings))[-1].rule == "markup"
