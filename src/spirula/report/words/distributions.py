"""The words of what is better seen than read: calibration, and predicted against true values."""

from __future__ import annotations

from ..speech import Words

WORDS: Words = {
    "calibration": ("Does it know when it is right?", "맞을 때 맞는 줄 아나?"),
    "lead": ("{words} Calibration error: {error}.", "{words} 보정 오차: {error}."),
    "sure": (
        "On average it is {mean} sure and {accuracy} right: {verdict}.",
        "평균적으로 {mean} 확신하고 {accuracy} 맞힙니다. {verdict}.",
    ),
    "honest": ("its confidence can be taken at its word", "확신도를 그대로 믿어도 됩니다"),
    "overconfident": ("it is overconfident", "지나치게 확신합니다"),
    "modest": ("it is too modest", "실제보다 덜 확신합니다"),
    "reliability": ("Right as often as it is sure?", "확신하는 만큼 맞히나?"),
    "reliability_said": (
        "Bars ending on the dashed diagonal are honest. Calibration error {error}.",
        "막대가 점선 대각선에서 끝나면 정직한 확신도입니다. 보정 오차 {error}.",
    ),
    "confidence": ("How sure it is", "얼마나 확신하나"),
    "confidence_said": (
        "{n} predictions; mean confidence {mean}.",
        "예측 {n}개, 평균 확신도 {mean}.",
    ),
    "confidence_name": ("confidence", "확신도"),
    "as_table": ("Calibration as a table", "확신도와 정확도 표"),
    "table_of": ("Calibration, {split}", "확신도와 정확도, {split}"),
    "caption": ("Predictions by confidence", "확신도별 예측"),
    "head_confidence": ("Confidence", "확신도"),
    "head_predictions": ("Predictions", "예측 수"),
    "head_mean": ("Mean confidence", "평균 확신도"),
    "head_right": ("Right", "맞힌 비율"),
    "values": ("Predicted and true", "예측값과 실제값"),
    "scatter": ("Predicted against true", "실제값에 대한 예측값"),
    "residuals": ("How far off", "얼마나 벗어났나"),
    "residuals_said": (
        "Predicted minus true: from {low} to {high}.",
        "예측값 − 실제값: {low}~{high}.",
    ),
    "residuals_axis": ("predicted minus true", "예측값 − 실제값"),
}
