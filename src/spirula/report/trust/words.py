"""How far to trust an answer, in English and in Korean."""

from __future__ import annotations

from ..speech import Words

WORDS: Words = {
    "lead_two": (
        "Two questions before somebody relies on a single answer, asked of the {split} split.",
        "답 하나를 믿고 쓰기 전에 {split} 데이터로 확인하는 두 가지입니다.",
    ),
    "lead": (
        "Three questions before somebody relies on a single answer, asked of the {split} split.",
        "답 하나를 믿고 쓰기 전에 {split} 데이터로 확인하는 세 가지입니다.",
    ),
    # Temperature
    "temperature": ("Can its confidence be made honest?", "확신도를 바로잡을 수 있나"),
    "temperature_words": (
        "A temperature of {value} (95 % interval: {interval}) was fitted on {n} validation samples. Logits divided by "
        "it give probabilities that {claim}. Which class is the most probable does not change.",
        "검증 데이터 {n}개로 구한 온도는 {value}입니다(95 % 신뢰구간: {interval}). 로짓을 이 값으로 나누면 확률이 "
        "{claim}. 가장 확률이 높은 클래스는 바뀌지 않습니다.",
    ),
    "claims_less": ("claim less than the network does", "네트워크의 주장보다 낮아집니다"),
    "claims_more": ("claim more than the network does", "네트워크의 주장보다 높아집니다"),
    "claims_same": ("are hardly different", "거의 그대로입니다"),
    "temperature_how": (
        "predict gives them when asked to, and the network's own otherwise.",
        "predict는 요청할 때만 이 확률을 주고, 그렇지 않으면 네트워크의 확률을 그대로 줍니다.",
    ),
    "temperature_folds": (
        "Each fold's network has a temperature of its own, fitted on its validation samples: {values}. Every sample "
        "below has that of the network that had not seen it. Which class is the most probable does not change.",
        "폴드마다 네트워크가 다르므로 온도도 각각의 검증 데이터로 따로 구했습니다: {values}. 아래의 샘플에는 그 샘플을 "
        "보지 않은 네트워크의 온도를 적용했습니다. 가장 확률이 높은 클래스는 바뀌지 않습니다.",
    ),
    "no_temperature": (
        "No temperature was fitted: that takes 30 validation samples or more, right and wrong answers among them, "
        "and a network that knows more than a guess.",
        "온도를 구하지 못했습니다. 맞은 것과 틀린 것이 섞인 검증 데이터가 30개 이상 있어야 하고, 네트워크가 "
        "찍는 것보다는 나아야 합니다.",
    ),
    "calibrated_command": ("Calibrated probabilities", "보정된 확률"),
    "measure": ("Measure", "지표"),
    "before": ("As the network says it", "네트워크의 확률 그대로"),
    "after": ("With temperature", "온도 적용"),
    "interval": ("95 % interval", "95 % 신뢰구간"),
    "loss": ("Log loss", "로그 손실"),
    "error": ("Calibration error", "보정 오차"),
    "temperature_caption": (
        "{split}, {n} samples; bootstrap intervals. Noise alone keeps a calibration error above 0",
        "{split} 데이터 {n}개, 부트스트랩 신뢰구간. 보정 오차는 잡음만으로도 0보다 큽니다",
    ),
    # Coverage
    "coverage": ("What if it answers only when it is sure?", "확신할 때만 답한다면"),
    "coverage_words": (
        "Answering only the {share} it is surest of, it is right in {accuracy} ({interval}) instead of {all}.",
        "가장 확신하는 {share}에만 답하면 맞는 비율이 {all}에서 {accuracy}({interval})로 바뀝니다.",
    ),
    "coverage_said": (
        "Accuracy over the share of the samples that are answered, the surest first: {points}.",
        "확신이 높은 순으로 답할 때의 정확도: {points}.",
    ),
    "answered_axis": ("share answered, the surest first", "확신이 높은 순으로 답한 비율"),
    "accuracy_axis": ("right among the answered", "답한 것 중 맞은 비율"),
    "answered_point": ("{share} answered: {accuracy} right", "{share}에 답하면 {accuracy} 맞음"),
    "coverage_caption": (
        "Thresholds are read off the same samples; the intervals are Wilson's, each for itself",
        "임계값은 같은 데이터에서 읽었고, 신뢰구간은 각각의 윌슨 구간입니다",
    ),
    "answered": ("Answered", "답한 비율"),
    "threshold": ("Confidence from", "확신도 하한"),
    "right": ("Right", "맞은 비율"),
    "count": ("Samples", "샘플"),
    "exact_note": (
        "Right means every label; the confidence is that of the least sure label.",
        "모든 레이블이 맞아야 맞은 것으로 세며, 확신도는 가장 불확실한 레이블의 것입니다.",
    ),
    # Refusal
    "refusal": ("What if it is none of the classes?", "어느 클래스도 아니라면"),
    "no_refusal": (
        "It answers with one of its classes whatever it is shown. It can be told to refuse what is unlike all training "
        "pictures:",
        "지금은 무엇을 보여 주어도 클래스 가운데 하나로 답합니다. 학습 사진과 닮지 않은 것은 거부하게 할 수 있습니다.",
    ),
    "refusal_command": (
        "Refuse at most 5 % of pictures like the validation pictures",
        "검증 사진의 최대 5 %만 거부하도록 설정",
    ),
    "refusal_words": (
        "It refuses pictures whose likeness to the training pictures is below {threshold}. That was chosen so that at "
        "most {target} of {n} validation pictures are refused.",
        "학습 사진과의 유사도가 {threshold}보다 낮은 사진은 거부합니다. 검증 사진 {n}장 가운데 최대 {target}가 "
        "거부되도록 "
        "정한 값입니다.",
    ),
    "refusal_measured": (
        "Of {n} {split} pictures it refuses {share} ({interval}); of the others {accuracy} are right "
        "({accuracy_interval}).",
        "{split} 사진 {n}장 가운데 {share}({interval})를 거부하고, 나머지는 {accuracy}({accuracy_interval})를 "
        "맞힙니다.",
    ),
}
