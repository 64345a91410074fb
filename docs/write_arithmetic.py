"""Write docs/arithmetic.md and docs/ko/arithmetic.md: ``make docs``. A test compares the pages with what this gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from spirula.models.arithmetic import Step, Windowed, steps, without_pooling
from spirula.models.catalogue import CATALOGUE
from spirula.models.explain import explain
from spirula.models.explain_windows import sizes
from spirula.models.explain_words import Language
from spirula.models.head import finish
from spirula.models.notation import parse
from spirula.models.plan import Plan, plan
from spirula.models.shapes import shape_text

PAGES: dict[Language, str] = {"en": "arithmetic.md", "ko": "ko/arithmetic.md"}

OPTIONS = (
    "Conv2D(4, 9)",
    'Conv2D(4, 9, padding="same")',
    "Conv2D(4, 9, strides=2)",
    'Conv2D(4, 9, strides=2, padding="same")',
    "Conv2D(4, 9, dilation_rate=2)",
    "Conv2D(4, (9, 3))",
    "MaxPooling2D(2)",
    "MaxPooling2D(3, strides=2)",
    'AveragePooling2D(3, padding="same")',
)
MAP = ((1, 3, 2, 0), (5, 6, 1, 2), (7, 2, 9, 4), (0, 1, 3, 8))
LARGE = """
Conv2D(4, 9, padding="same", activation="relu"), MaxPooling2D(2),
Conv2D(8, 5, padding="same", activation="relu"), MaxPooling2D(2),
Conv2D(16, 5, padding="same", activation="relu"), MaxPooling2D(2),
Conv2D(32, 3, padding="same", activation="relu"), MaxPooling2D(2),
Flatten(), Dense(2048, activation="relu"), Dense(1024, activation="relu")
"""

TEXT: dict[str, tuple[str, str]] = {
    "title": ("The arithmetic of a network", "네트워크의 산수"),
    "intro": (
        "Every figure on this page is worked out by the program itself, from layers and shapes; `make docs` writes the "
        "page anew, and a test compares it with the code. For your own network, in your terminal or notebook:",
        "이 페이지의 모든 숫자는 프로그램이 층과 모양으로부터 직접 계산한 것입니다. `make docs`가 페이지를 새로 쓰고, "
        "테스트가 페이지와 코드를 비교합니다. 여러분의 네트워크는 터미널이나 노트북에서 이렇게 볼 수 있습니다:",
    ),
    "other": ("[한국어](ko/arithmetic.md)", "[English](../arithmetic.md)"),
    "options": ("One layer, its options", "층 하나와 그 옵션"),
    "options_intro": (
        'The input is 256×256×3. `padding="valid"` lets the map shrink, `"same"` fills the edges up; strides are the '
        "distance between two windows; dilation puts gaps into a window.",
        '입력은 256×256×3입니다. `padding="valid"`이면 맵이 줄어들고, `"same"`이면 가장자리를 채웁니다. '
        "스트라이드는 이웃한 두 창 사이의 거리이고, 팽창은 창 안에 빈칸을 둡니다.",
    ),
    "pooling": ("Max pooling and average pooling", "최대 풀링과 평균 풀링"),
    "pooling_intro": (
        "Both lay a window of 2×2 on the map and move it by 2, so that height and width are halved and three of four "
        "values fall away. From this map of 4×4:",
        "둘 다 2×2 창을 맵에 놓고 두 칸씩 옮기므로, 높이와 너비가 반이 되고 값 넷 중 셋이 사라집니다. 이 4×4 맵에서:",
    ),
    "pooling_max": (
        "`MaxPooling2D(2)` keeps the largest value of each window:",
        "`MaxPooling2D(2)`는 창마다 가장 큰 값을 남깁니다:",
    ),
    "pooling_average": (
        "`AveragePooling2D(2)` keeps the mean of each window:",
        "`AveragePooling2D(2)`는 창마다 평균을 남깁니다:",
    ),
    "pooling_why": (
        "A channel of a map says how strongly a pattern is present at each place. The maximum asks whether it is there "
        "at all; the mean mixes one strong answer with its weak neighbours.",
        "맵의 채널 하나는 어떤 패턴이 자리마다 얼마나 강하게 나타나는지를 말합니다. "
        "최댓값은 그 패턴이 있기는 한지를 묻고, 평균은 강한 반응 하나를 약한 이웃들과 섞습니다.",
    ),
    "bend": ("Why an activation?", "왜 활성화 함수를 쓸까요?"),
    "bend_why": (
        "A convolution and a Dense layer are sums of products: two of them in a row are again one sum of products, and "
        "could be written as one layer. A bend between them, such as relu, makes the second layer worth having.",
        "합성곱과 Dense는 곱의 합입니다. 둘을 이어도 다시 하나의 곱의 합이라서 층 하나로 쓸 수 있습니다. "
        "relu처럼 사이에 꺾이는 데가 있어야 둘째 층이 의미가 있습니다.",
    ),
    "large": ("A network for images of 256×256×3", "256×256×3 이미지를 위한 네트워크"),
    "small": ("A network for digits of 28×28×1", "28×28×1 숫자를 위한 네트워크"),
    "small_intro": (
        "`three-conv` of the catalogue, as convolutional networks are introduced with.",
        "합성곱 네트워크를 처음 배울 때 쓰는, 카탈로그의 `three-conv`입니다.",
    ),
    "downsample": ("The same network without its pooling", "풀링을 뺀 같은 네트워크"),
    "downsample_intro": (
        "Pooling does two things at once: fewer values, and each of them sees more of the picture.",
        "풀링은 두 가지를 한꺼번에 합니다. 값은 줄어들고, 값 하나가 보는 그림의 넓이는 커집니다.",
    ),
    "downsample_head": (
        "| layer | map with pooling | sees | map without | sees |",
        "| 층 | 풀링이 있을 때의 맵 | 보는 영역 | 없을 때의 맵 | 보는 영역 |",
    ),
    "where": ("Where the parameters are", "파라미터는 어디에 있을까요"),
    "where_intro": (
        "Two networks for Fashion-MNIST. Nearly all parameters of the second lie in the first Dense layer, because its "
        "smaller windows leave a longer row to it.",
        "Fashion-MNIST를 위한 두 네트워크입니다. 둘째 네트워크의 파라미터는 거의 모두 첫 Dense 층에 있습니다. "
        "풀링 창이 작아 더 긴 줄이 넘어오기 때문입니다.",
    ),
    "where_head": (
        "| layer | `{0}` | parameters | `{1}` | parameters |",
        "| 층 | `{0}` | 파라미터 | `{1}` | 파라미터 |",
    ),
    "total": ("in all", "합계"),
}


def page(language: Language) -> str:
    """Return the whole page in one language."""

    def text(key: str) -> str:
        return TEXT[key][0 if language == "en" else 1]

    large = plan(parse(LARGE), (256, 256, 3))
    small = _finished("three-conv")
    flag = "" if language == "en" else " --lang ko"
    argument = "" if language == "en" else f'"{language}"'
    parts = [
        f"# {text('title')}",
        text("other"),
        text("intro"),
        f"```console\n$ spirula model show two-conv --input 28x28x1 --explain{flag}\n```",
        f'```python\nimport spirula as sp\n\nsp.summary("two-conv", (28, 28, 1)).explain({argument})\n```',
        f"## {text('options')}",
        text("options_intro"),
        *(_option(notation, language) for notation in OPTIONS),
        f"## {text('pooling')}",
        text("pooling_intro"),
        _grid([[str(value) for value in row] for row in MAP]),
        text("pooling_max"),
        _grid(_pooled("max({}) = {}", max)),
        text("pooling_average"),
        _grid(_pooled("({}) / 4 = {}", lambda values: sum(values) / 4, " + ")),
        text("pooling_why"),
        f"## {text('bend')}",
        text("bend_why"),
        f"## {text('large')}",
        f"```spirula{LARGE}```",
        explain(large, None, language).to_markdown(),
        f"## {text('small')}",
        text("small_intro"),
        explain(small, "softmax", language).to_markdown(),
        f"## {text('downsample')}",
        text("downsample_intro"),
        _beside(small, text("downsample_head")),
        f"## {text('where')}",
        text("where_intro"),
        _where(("two-conv-average", "two-conv"), text("where_head"), text("total")),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _finished(name: str) -> Plan:
    return finish(plan(parse(CATALOGUE[name].notation), (28, 28, 1)), 10, "classification").plan


def _option(notation: str, language: Language) -> str:
    (step,) = steps(plan(parse(notation), (256, 256, 3)))
    assert isinstance(step.layer, Windowed)
    said = "\n".join(f"- {sentence}" for sentence in sizes(step, step.layer, language))
    return f"**`{notation}`**: {shape_text(step.shape)} → {shape_text(step.output)}\n\n{said}"


def _pooled(form: str, reduce: Callable[[list[int]], float], between: str = ", ") -> list[list[str]]:
    """Return the pooled map, each value with its calculation."""
    rows = []
    for top in (0, 2):
        row = []
        for left in (0, 2):
            values = [MAP[y][x] for y in (top, top + 1) for x in (left, left + 1)]
            row.append(form.format(between.join(map(str, values)), f"{reduce(values):g}"))
        rows.append(row)
    return rows


def _grid(rows: list[list[str]]) -> str:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = ("   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "```text\n" + "\n".join(lines) + "\n```"


def _beside(network: Plan, head: str) -> str:
    other = without_pooling(network)
    assert other is not None
    bare = {step.name: step for step in steps(other)}
    lines = [head, "|---|---|---|---|---|"]
    for step in steps(network):
        if step.name in bare or "pooling" in step.name:
            beside = _cells(bare[step.name], network) if step.name in bare else ("–", "–")
            lines.append("| " + " | ".join((f"`{step.name}`", *_cells(step, network), *beside)) + " |")
    return "\n".join(lines)


def _cells(step: Step, network: Plan) -> tuple[str, str]:
    seen, _ = step.after.seen(network.input_shape)
    shape = "×".join(map(str, step.output)) if len(step.output) > 1 else f"{step.output[0]:,}"
    return shape, "×".join(map(str, seen or ()))


def _where(names: tuple[str, str], head: str, total: str) -> str:
    plans = [steps(_finished(name)) for name in names]
    lines = [head.format(*names), "|---|---|---:|---|---:|"]
    for pair in zip(*plans, strict=True):
        if any(step.parameters or "pooling" in step.name or step.name == "flatten" for step in pair):
            cells = [
                cell
                for step in pair
                for cell in ("×".join(f"{side:,}" for side in step.output), f"{step.parameters:,}")
            ]
            lines.append(f"| `{pair[1].name.replace('max_', '')}` | " + " | ".join(cells) + " |")
    sums = [sum(step.parameters or 0 for step in made) for made in plans]
    lines.append(f"| **{total}** | | **{sums[0]:,}** | | **{sums[1]:,}** |")
    return "\n".join(lines)


def main() -> None:
    folder = Path(__file__).parent
    for language, name in PAGES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(page(language), encoding="utf-8")
        print(folder / name)


if __name__ == "__main__":
    main()
