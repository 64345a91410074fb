"""The words of a cross-validation."""

from __future__ import annotations

from ..speech import Words

WORDS: Words = {
    "missing": (
        "The {n} folds are not all trained yet: they are pooled at the end.",
        "폴드 {n}개가 아직 모두 학습되지 않았습니다. 끝나면 합칩니다.",
    ),
    "lead": (
        "{n} networks, each tested on the samples that it had not seen. The pooled numbers above count every sample "
        "once.",
        "네트워크 {n}개를 각각 본 적 없는 샘플로 평가했습니다. 위의 합친 수치는 모든 샘플을 한 번씩 셉니다.",
    ),
    "lead_spread": (
        "{n} networks, each tested on the samples that it had not seen; {measure} {spread} (mean and standard "
        "deviation "
        "over the folds). The pooled numbers above count every sample once.",
        "네트워크 {n}개를 각각 본 적 없는 샘플로 평가했습니다. {measure} {spread}(폴드의 평균과 표준편차). 위의 합친 "
        "수치는 모든 샘플을 한 번씩 셉니다.",
    ),
    "classification": ("Accuracy", "정확도"),
    "multilabel": ("Exact match", "완전 일치"),
    "regression": ("Mean absolute error", "평균 절대 오차"),
    "name": ("Folds", "폴드"),
    "caption": (
        "One row per fold, with the 95 % interval; each is a run of its own",
        "폴드마다 한 줄, 95 % 신뢰 구간과 함께. 폴드마다 따로 저장된 실행입니다",
    ),
    "fold": ("Fold", "폴드"),
    "samples": ("Samples", "샘플"),
    "interval": ("95 %", "95 %"),
    "best": ("Best epoch", "가장 좋은 에폭"),
    "time": ("Time", "시간"),
    "run": ("Run", "실행"),
}
