"""The words of whether more samples will help."""

from __future__ import annotations

from ..speech import Words

WORDS: Words = {
    "helps": ("Twice as many would help: {gain}.", "두 배로 늘리면 나아집니다: {gain}."),
    "hardly": (
        "Twice as many like these would hardly help: {gain}.",
        "이런 샘플을 두 배로 늘려도 거의 나아지지 않습니다: {gain}.",
    ),
    "unknown": (
        "Whether twice as many would help cannot be told from these: {gain}.",
        "두 배로 늘리면 나아질지 이 샘플로는 알 수 없습니다: {gain}.",
    ),
    "method": (
        "The output layer was fitted on random parts of the training samples and judged on {judged}. The band and "
        "every "
        "± hold 95 % of what other choices of samples would give, if the curve goes on as it came.",
        "출력층을 학습 샘플의 무작위 일부로 맞추고 {judged}(으)로 평가했습니다. 띠와 ±는 곡선이 지금처럼 이어진다고 할 "
        "때 다른 샘플을 골랐을 경우의 95 %를 담습니다.",
    ),
    "judged": ("{n} of {split}", "{split} 샘플 {n}개"),
    "foretold": (
        "Asked with half of the samples, the same rule foretold {foretold} for all of them; it is {actual}.",
        "샘플의 절반으로 같은 방법을 쓰면 전체일 때 {foretold}로 예상되었고, 실제로는 {actual}입니다.",
    ),
    "points": ("{gain} ± {spread}\u00a0points", "{gain} ± {spread}%p"),
    "name": ("Twice as many of one class", "한 클래스만 두 배로"),
    "caption": ("Twice as many of one class alone, the weakest first", "한 클래스만 두 배로 늘릴 때. 약한 클래스부터"),
    "caption_left": (
        "Twice as many of one class alone, the weakest first; {n} more are less weak or too small to tell",
        "한 클래스만 두 배로 늘릴 때. 약한 클래스부터이며, {n}개는 덜 약하거나 너무 적어 알 수 없습니다",
    ),
    "class": ("Class", "클래스"),
    "samples_now": ("Samples now", "지금 샘플 수"),
    "right_now": ("Right now", "지금 정확도"),
    "worth_all": ("Worth in all", "전체 이득"),
    "worth_itself": ("Worth to itself", "그 클래스의 이득"),
    "helps_head": ("Helps?", "도움이 되나"),
    "row_helps": ("helps", "됨"),
    "row_hardly": ("hardly", "거의 안 됨"),
    "row_unknown": ("cannot be told", "알 수 없음"),
}
