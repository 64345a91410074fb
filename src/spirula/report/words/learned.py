"""The words of what it learned: kernels, weights, feature maps."""

from __future__ import annotations

from ..speech import Words

WORDS: Words = {
    "missing": (
        "The weights are looked at when the training has ended.",
        "가중치는 학습이 끝나면 살펴봅니다.",
    ),
    "lead": (
        "Weights after training, beside those it started from. Where both look alike, training has changed little "
        "there.",
        "학습 후의 가중치를 처음 가중치와 나란히 보여 줍니다. 둘이 비슷한 곳은 학습으로 별로 바뀌지 않은 곳입니다.",
    ),
    "trained": ("trained", "학습 후"),
    "before": ("before training", "학습 전"),
    "kernels": ("Kernels of the first convolution", "첫 합성곱의 커널"),
    "kernels_name": ("Kernels", "커널"),
    "weights": ("How the weights are spread", "가중치의 분포"),
    "weights_name": ("Histograms of the weights", "가중치 히스토그램"),
    "table": ("Every tensor as a table", "텐서별 표"),
    "table_name": ("Tensors", "텐서"),
    "caption": (
        "Shapes in the order (height, width, inputs, filters), as Keras prints them",
        "모양은 Keras처럼 (높이, 너비, 입력, 필터) 순서입니다",
    ),
    "layer": ("Layer", "층"),
    "tensor": ("Tensor", "텐서"),
    "shape": ("Shape", "모양"),
    "count": ("Weights", "가중치 수"),
    "mean": ("Mean", "평균"),
    "std": ("Standard deviation", "표준편차"),
    "low": ("Smallest", "최솟값"),
    "high": ("Largest", "최댓값"),
    "zeros": ("Zeros", "0의 비율"),
    "mean_before": ("Mean before", "학습 전 평균"),
    "std_before": ("Deviation before", "학습 전 표준편차"),
    "maps": ("What the layers make of one picture", "층이 사진 한 장에서 만드는 것"),
    "maps_several": (
        "One picture, {label}, in the first and the last convolution, after their activations. Early maps still look "
        "like it; later ones say where something was found.",
        "사진 한 장, {label}이(가) 첫 합성곱과 마지막 합성곱의 활성화 함수를 지난 뒤의 모습입니다. 앞쪽 맵은 아직 "
        "사진과 닮았고, 뒤쪽 맵은 무언가를 찾은 위치를 나타냅니다.",
    ),
    "maps_one": (
        "One picture, {label}, in the convolution, after its activation.",
        "사진 한 장, {label}이(가) 합성곱의 활성화 함수를 지난 뒤의 모습입니다.",
    ),
    "walk": (
        "Follow a picture through the network: every number of every map taken apart, on one page",
        "사진 한 장을 네트워크를 따라가며 보기: 모든 맵의 모든 수가 나온 과정을 한 페이지에",
    ),
    "maps_name": ("Feature maps", "특성 맵"),
}
