"""What stands in the drawings: axes, legends, what is read aloud and what the mouse finds."""

from __future__ import annotations

from .. import speech
from ..speech import Say, Words

WORDS: Words = {
    # Learning curves
    "loss": ("Loss", "손실"),
    "accuracy": ("Accuracy", "정확도"),
    "mae": ("Mean absolute error", "평균 절대 오차"),
    "rmse": ("Root mean squared error", "평균 제곱근 오차"),
    "learning_rate": ("Learning rate", "학습률"),
    "train": ("train", "학습"),
    "validation": ("validation", "검증"),
    "rate": ("rate", "학습률"),
    "epoch_axis": ("epoch", "에폭"),
    "best": ("best", "최고"),
    "epoch_values": ("epoch {epoch}: {values}", "{epoch}에폭: {values}"),
    "no_value": ("no value", "값 없음"),
    "epochs": ("{n} epochs.", "{n}에폭."),
    "epochs/1": ("1 epoch.", "1에폭."),
    "course": ("{name} from {first} to {last}.", "{name}: {first}에서 {last}로."),
    "best_epoch": ("The best epoch is {epoch}.", "가장 좋은 에폭은 {epoch}입니다."),
    "no_epoch": ("No epoch has finished yet.", "아직 끝난 에폭이 없습니다."),
    "learning_curves": ("Learning curves", "학습 곡선"),
    # The range test
    "rate_axis": ("learning rate", "학습률"),
    "rate_chosen": ("chosen: {rate}", "선택: {rate}"),
    "rate_point": ("rate {rate}: loss {loss}", "학습률 {rate}: 손실 {loss}"),
    "rate_title": ("Loss against the learning rate", "학습률에 따른 손실"),
    "rate_said": (
        "The smoothed loss at {n} growing rates; {rate} was chosen.",
        "커지는 학습률 {n}개에서의 평활한 손실. {rate}을(를) 골랐습니다.",
    ),
    # Reliability, histograms, scatter
    "confidence_axis": ("confidence", "확신도"),
    "right_axis": ("share that is right", "맞힌 비율"),
    "reliability_bar": (
        "{n} predictions with {low} to {high} confidence: {share} are right",
        "확신도 {low}~{high}인 예측 {n}개 중 {share} 맞힘",
    ),
    "how_many": ("how many", "개수"),
    "bar": ("{low} to {high}: {n}", "{low}~{high}: {n}"),
    "true_axis": ("true value", "실제값"),
    "predicted_axis": ("predicted value", "예측값"),
    "scatter_said": (
        "On the dashed diagonal the prediction is exact. Values from {low} to {high}.",
        "점선 대각선 위에서는 예측이 정확합니다. 값은 {low}~{high}.",
    ),
    "scatter_part": ("{shown} of {count} are drawn.", "{count}개 중 {shown}개를 그렸습니다."),
    # The confusion matrix
    "recognised": ("{name}: {n} recognised ({share})", "{name}: {n}개 맞힘 ({share})"),
    "taken": ("{true} taken for {predicted}: {n} ({share})", "{true} → {predicted}: {n}개 ({share})"),
    "matrix_said": (
        "{n} classes; rows are the true class, columns the predicted one. The tables of the classes and of the most "
        "frequent mix-ups below say the same in numbers.",
        "클래스 {n}개. 행은 실제 클래스, 열은 예측 클래스입니다. 아래의 클래스별 표와 가장 잦은 혼동 표에 같은 내용이 "
        "수로 있습니다.",
    ),
    # More samples
    "growth_axis": ("training samples, doubling from mark to mark", "학습 샘플 수(눈금마다 두 배)"),
    "drawn_on": ("drawn on", "이어 그린 예상"),
    "growth_title": ("Accuracy against the number of samples", "샘플 수에 따른 정확도"),
    "growth_said": (
        "From {first} of {few} to {last} of {many} training samples.",
        "학습 샘플 {few}개일 때 {first}에서 {many}개일 때 {last}로.",
    ),
    "growth_point": ("{n} samples: {accuracy} ({interval})", "샘플 {n}개: {accuracy} ({interval})"),
    # Weights
    "trained": ("trained", "학습 후"),
    "before_training": ("before training", "학습 전"),
    "before": ("before", "학습 전"),
    "first_kernels": ("the first {n} of {of} kernels", "가중치 텐서 {of}개 중 처음 {n}개"),
    "weights_title": ("Weights of {names}", "{names}의 가중치"),
    "weights_axis": ("weight", "가중치"),
    "weights_bar": ("{low} to {high}: {n} trained", "{low}~{high}: 학습 후 {n}개"),
    "weights": ("{n} weights", "가중치 {n}개"),
    "weights_part": ("{n} of {of} weights", "가중치 {of}개 중 {n}개"),
    "spread_short": ("mean {mean}, std {std}", "평균 {mean}, 표준편차 {std}"),
    "spread": ("mean {mean}, standard deviation {std}", "평균 {mean}, 표준편차 {std}"),
    # Kernels and feature maps
    "kernels/1": ("{layer}: 1\u00a0kernel of {height} × {width}", "{layer}: {height} × {width} 커널 1개"),
    "kernels": ("{layer}: {n}\u00a0kernels of {height} × {width}", "{layer}: {height} × {width} 커널 {n}개"),
    "first_of": ("{title}, the first {n}", "{title} 중 처음 {n}개"),
    "mid_grey": (
        "{shown}: mid-grey is 0, ±{limit} is white or black",
        "{shown}: 중간 회색이 0, ±{limit}이 흰색 또는 검은색",
    ),
    "kernel": ("kernel {number}: {low} to {high}", "커널 {number}: {low}~{high}"),
    "kernels_said": (
        "Small squares of {shown}, one per kernel, coloured from −{limit} to {limit}.",
        "커널마다 하나씩, {shown}을(를) −{limit}~{limit}의 색으로 그린 작은 그림.",
    ),
    "kernel_set": ("{name}: {n} kernels, {spread}.", "{name}: 커널 {n}개, {spread}."),
    "maps/1": ("{layer}: 1\u00a0feature map of {height} × {width}", "{layer}: {height} × {width} 특성 맵 1개"),
    "maps": ("{layer}: {n}\u00a0feature maps of {height} × {width}", "{layer}: {height} × {width} 특성 맵 {n}개"),
    "some_of": ("{title}, {n} of them", "{title} 중 {n}개"),
    "most_active": ("{title}, the most active first", "{title}, 활발한 것부터"),
    "map": ("map {number}: {low} to {high}", "맵 {number}: {low}~{high}"),
    "map_empty": ("map {number}: 0 everywhere", "맵 {number}: 모두 0"),
    "map_value": ("value", "값"),
    "the_picture": ("the picture", "사진"),
    "one_picture": ("one picture", "사진 한 장"),
    "maps_said": (
        "What the layer makes of {picture}: values from {low} to {high}.",
        "이 층이 {picture}에서 만든 것: 값 {low}~{high}.",
    ),
    "silent": ("{n}\u00a0maps are 0 everywhere.", "맵 {n}개는 모두 0입니다."),
    "silent/1": ("1\u00a0map is 0 everywhere.", "맵 1개는 모두 0입니다."),
    # Where it looks
    "nothing_speaks": ("{name}: nothing speaks for it", "{name}: 근거가 되는 곳이 없음"),
    "looks_legend": ("{method}: share of the map's largest value", "{method}: 맵의 최댓값에 대한 비율"),
    "looks_title": ("What speaks for the class ({method})", "클래스의 근거가 되는 곳({method})"),
    "looks_part": ("{title}, the first {n} of {of}", "{title}, {of}개 중 처음 {n}개"),
    "field_legend": ("mean gradient, share of the largest", "그래디언트의 평균, 최댓값에 대한 비율"),
    "field_title": (
        "Receptive fields: frames are what can be seen, colours what counts",
        "수용 영역: 테두리는 볼 수 있는 곳, 색은 실제로 중요한 곳",
    ),
    "no_gradient": ("no gradient at all", "그래디언트 없음"),
    "seen_in": ("90 % of it in {share}", "90 %가 {share} 안에"),
    # Shifts
    "to_right": ("pixels moved to the right", "오른쪽으로 옮긴 픽셀"),
    "to_bottom": ("pixels moved down", "아래로 옮긴 픽셀"),
    "to_left": ("Negative shifts are to the left.", "음수는 왼쪽으로 옮긴 것입니다."),
    "to_top": ("Negative shifts are up.", "음수는 위로 옮긴 것입니다."),
    "shift_note": (
        "{n} pictures; bands are 95 % intervals; {fill}.",
        "사진 {n}장, 띠는 95 % 신뢰 구간, {fill}.",
    ),
    "shift_title": ("Accuracy against shift", "옮긴 거리에 따른 정확도"),
    "shift_point": ("{name}, moved by {by}: {accuracy} ({interval})", "{name}, {by} 이동: {accuracy} ({interval})"),
    "shift_worst": ("worst {accuracy} at {by}", "최저 {accuracy}({by})"),
    "shift_unmoved": ("unmoved {accuracy}", "제자리 {accuracy}"),
}


def speaker(language: str) -> Say:
    """Return ``say(key, **values)`` for a language; raises :class:`InputError` for one that there is not."""
    return speech.speaker(WORDS, language)
