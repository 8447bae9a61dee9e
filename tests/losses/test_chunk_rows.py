from keras_transformer.losses.chunk_rows import chunk_rows


def test_rows_are_a_power_of_two_that_falls_with_the_vocabulary():
    rows = [chunk_rows(size) for size in (10, 1_000, 10_000, 32_000, 250_000)]
    assert rows == sorted(rows, reverse=True)
    assert all(256 <= number <= 8192 and number & (number - 1) == 0 for number in rows)


def test_a_chunk_of_a_large_vocabulary_has_not_more_than_the_fewest_rows():
    assert chunk_rows(1_000_000) in (256, 1024)  # Of a processor or of a GPU.
