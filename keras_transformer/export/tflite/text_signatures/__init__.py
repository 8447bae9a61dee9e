"""Signatures of a `.tflite` file for texts: SentencePiece's unigram tokenizer in built-in operations.

Texts are code points. Tables are made of the SentencePiece model in NumPy: `double_array`, `page_table`, `rule_tables`,
`piece_tables`. Parts of the graph use them: `normalize`, `segment`, `detokenize`. `text_signatures` has the signatures.
"""
