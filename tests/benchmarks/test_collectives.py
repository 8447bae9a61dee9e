import pytest


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("f32[8,2]{1,0} all-reduce(%x), replica_groups={{0,1,2,3},{4,5,6,7}}, to_apply=%a", {("all-reduce", 4): 96}),
        ("(f32[], bf16[4]{0}) all-reduce(%x, %y), replica_groups=[1,8]<=[8]", {("all-reduce", 8): 21}),
        ("f32[8]{0} all-reduce(%x), replica_groups={}, to_apply=%add", {("all-reduce", 8): 56}),
        ("s32[16]{0} all-gather(%x), replica_groups=mesh['a'=2,'b'=4] {'b'}, dim={0}", {("all-gather", 4): 48}),
        ("pred[16]{0} all-to-all(%x), replica_groups=mesh['a'=4,'b'=2], ids=([2]) {'b'}", {("all-to-all", 2): 8}),
        ("f32[2]{0} reduce-scatter(%x), replica_groups=[2,4]<=[8]", {("reduce-scatter", 4): 24}),
        ("f32[4]{0} collective-permute(%x), source_target_pairs={{0,1},{5,4}}, m={}", {("collective-permute", 0): 4}),
        ("f32[4]{0} add(%x, %y)", {}),
    ],
)
def test_bytes_of_an_operation_are_counted(benchmark_module, operation, expected):
    program = f"ENTRY %main (x: f32[4]) -> f32[4] {{\n  %result = {operation}\n}}"
    assert benchmark_module("collectives").sent_bytes(program, devices=8) == expected


def test_equal_operations_are_added(benchmark_module):
    line = "  %sum = f32[4]{0} all-reduce(%x), replica_groups={{0,1},{2,3}}, to_apply=%add\n"
    assert benchmark_module("collectives").sent_bytes(line * 3, devices=4) == {("all-reduce", 2): 48}


def test_operations_in_loops_are_refused(benchmark_module):
    program = """%step (x: f32[4]) -> f32[4] {
  %sum = f32[4]{0} all-reduce(%x), replica_groups={{0,1}}, to_apply=%add
}
ENTRY %main (x: f32[4]) -> f32[4] {
  %loop = f32[4]{0} while(%x), condition=%more, body=%step
}"""
    with pytest.raises(ValueError, match="runs of an operation in a loop is unknown: %sum ="):
        benchmark_module("collectives").sent_bytes(program, devices=2)


def test_unknown_groups_are_refused(benchmark_module):
    line = "%sum = f32[4]{0} all-reduce(%x), replica_groups=other, to_apply=%add"
    with pytest.raises(ValueError, match="groups of an operation cannot be read: %sum ="):
        benchmark_module("collectives").sent_bytes(line, devices=2)
