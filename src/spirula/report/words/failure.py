"""The words of why a run failed; its cause and advice are said again by :mod:`spirula.report.retold`."""

from __future__ import annotations

from ..speech import Words

WORDS: Words = {
    "lead": (
        "{seen}: {cause}. Nothing was learned from that step: the last checkpoint is from before it.",
        "{seen}. {cause}. 이 스텝에서는 아무것도 배우지 않았으며, 마지막 체크포인트는 그 이전 것입니다.",
    ),
    "advice": ("What usually helps", "대개 도움이 되는 것"),
    "found": ("What was found", "알아낸 것"),
    "layer": ("Layer", "층"),
    "operation": ("Operation", "연산"),
    "worked_on": ("It worked on", "연산의 입력"),
    "gave": ("It gave", "연산의 결과"),
    "inputs": ("Inputs of the network", "네트워크 입력"),
    "targets": ("Targets", "목표값"),
    "largest": ("Largest weight", "가장 큰 가중치"),
    "when": ("Epoch, step", "에폭, 스텝"),
    "rate": ("Learning rate", "학습률"),
    "arithmetic": ("Arithmetic", "연산 정밀도"),
    "steps": ("The steps before", "앞선 스텝"),
    "step": ("Step", "스텝"),
    "loss": ("Loss", "손실"),
    "norm": ("Gradient norm", "그래디언트 노름"),
    "samples": ("On these samples", "문제가 된 샘플"),
    "samples_of": ("{n} of the {size} in the batch.", "배치의 샘플 {size}개 중 {n}개입니다."),
    "samples_name": ("Samples", "샘플"),
    "row": ("row {n}", "{n}번째 행"),
    "range": ("{low} to {high}{zeros} ({shape}, {dtype})", "{low}~{high}{zeros} ({shape}, {dtype})"),
    "one_value": ("one value", "값 하나"),
    "zeros": (", {n}\u00a0zeros", ", 0이 {n}개"),
    "zeros/1": (", 1\u00a0zero", ", 0이 1개"),
    "nans": ("{n} NaN", "NaN {n}개"),
    "infinities": ("{n} infinite", "무한대 {n}개"),
    "and": (" and ", ", "),
    "weight_in": ("{value} in {name}", "{name}의 {value}"),
}
