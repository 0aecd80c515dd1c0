"""The head that aligns best is put first, and nothing else changes. Needs PyTorch, the recipes' extra."""

import pytest

torch = pytest.importorskip("torch", reason="the recipes' extra is not installed")

from embedded.recipe.translator_alignment import arrange, copied, put_first  # noqa: E402
from embedded.recipe.translator_model import Shape, TranslatorModel  # noqa: E402

NOTHING = frozenset({2, 90})


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ([90, 7, 8, 2], [2, 90, 8, 7, 2], [(2, 2), (1, 3)]),
        ([90, 7, 7, 2], [2, 90, 7, 2], []),
        ([90, 7, 2], [2, 90, 7, 7, 2], []),
        ([90, 7, 2], [2, 90, 9, 2], []),
    ],
)
def test_copied(source: list[int], target: list[int], expected: list[tuple[int, int]]) -> None:
    assert copied(source, target, NOTHING) == expected


def test_a_head_moves_and_the_output_stays() -> None:
    torch.manual_seed(0)
    model = TranslatorModel(Shape(50, width=20, heads=5, inner=40)).eval()
    source, target = torch.randint(4, 50, (2, 7)), torch.randint(4, 50, (2, 5))
    mask = (source != 1)[:, None, None, :]

    def run() -> tuple[torch.Tensor, list[torch.Tensor]]:
        shown: list[torch.Tensor] = []
        with torch.no_grad():
            return model.decode(target, model.encode(source, mask), mask, shown), shown

    before, looked = run()
    put_first(model.decoder[1].source_attention, 3)
    after, moved = run()
    assert torch.allclose(before, after, atol=1e-5)
    assert torch.allclose(looked[1][:, 3], moved[1][:, 0], atol=1e-6)
    assert torch.allclose(looked[0], moved[0], atol=1e-6)


def test_the_best_head_is_the_first_of_its_layer() -> None:
    model = TranslatorModel(Shape(50, width=20, heads=5, inner=40))
    measured = torch.zeros(2, 5)
    measured[0, 4] = 0.9
    wanted = model.decoder[0].source_attention.query.bias.data
    wanted[16:] = 7.0
    assert arrange(model, measured) == 0
    assert (model.decoder[0].source_attention.query.bias[:4] == 7.0).all()
