"""The sentences of an explanation, in English and in Korean. A literal table: every key once in both languages."""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = ("en", "ko")

# key: (English, Korean). Words in braces are filled in; both languages have the same ones.
WORDS: dict[str, tuple[str, str]] = {
    "both": ("height and width: {one}", "높이와 너비 모두 {one}"),
    "height": ("height: {one}", "높이는 {one}"),
    "width": ("width: {one}", "너비는 {one}"),
    "values": ("{number} values", "값 {number}개"),
    # Output sizes
    "size_valid": (
        'Output size. padding="valid" counts only the windows that lie wholly inside; {sides}.',
        '출력 크기. padding="valid"는 입력 안에 온전히 들어가는 창만 셉니다. {sides}.',
    ),
    "size_same": (
        'Output size. padding="same" gives one output for every step of the window, edges included; {sides}.',
        '출력 크기. padding="same"은 가장자리까지 포함해 창이 한 번 움직일 때마다 출력을 하나씩 냅니다. {sides}.',
    ),
    "dilation": (
        "With dilation the window has gaps and reaches further; {sides}.",
        "팽창(dilation)을 쓰면 창에 빈칸이 생겨 더 넓은 범위에 걸칩니다. {sides}.",
    ),
    "padding": (
        "That takes padding; {sides}.",
        "그러려면 가장자리를 채워야 합니다. {sides}.",
    ),
    "padding_part": (
        "{equation}, of which {before} before and {after} after",
        "{equation}, 이 중 앞쪽(위, 왼쪽)에 {before}, 뒤쪽(아래, 오른쪽)에 {after}",
    ),
    "padding_conv": ("The padding is zeros.", "채우는 값은 0입니다."),
    "padding_max": (
        "What lies outside is never the largest value.",
        "바깥은 결코 최댓값이 되지 않습니다.",
    ),
    "padding_average": ("What lies outside does not count in the mean.", "바깥은 평균에 넣지 않습니다."),
    "padding_odd": (
        "An odd number cannot be halved: the extra one lies after, below and on the right, as in Keras.",
        "홀수는 반으로 나뉘지 않으므로, 남는 하나는 Keras처럼 뒤쪽(아래, 오른쪽)에 놓입니다.",
    ),
    "unused": (
        "Lines at the lower and right edge that no window reaches; {sides}.",
        "아래쪽과 오른쪽 끝에서 어떤 창에도 들지 못하고 버려지는 줄의 수. {sides}.",
    ),
    # Parameters and work
    "conv": (
        "Parameters. Each of the {filters} filters has a weight for every value of its window and a bias: {equation}.",
        "파라미터. 필터 {filters}개는 저마다 창 안의 값마다 가중치 하나씩, 그리고 편향 하나를 가집니다: {equation}.",
    ),
    "conv_no_bias": (
        "Parameters. Each of the {filters} filters has a weight for every value in its window and no bias: {equation}.",
        "파라미터. 필터 {filters}개는 저마다 창 안의 값마다 가중치 하나씩을 가지며, 편향은 없습니다: {equation}.",
    ),
    "groups": (
        "The channels are in {groups} groups, and a filter sees one of them: {equation} channels.",
        "채널은 {groups}개 그룹으로 나뉘고, 필터 하나는 그중 한 그룹만 봅니다: 채널 {equation}개.",
    ),
    "depthwise": (
        "Parameters. Every channel has windows of its own, and they are not added up: {equation}.",
        "파라미터. 채널마다 자기만의 창을 가지며, 채널끼리 더하지 않습니다: {equation}.",
    ),
    "separable": (
        "Parameters. First a window for every channel on its own, {depth}; then 1×1 filters mix the channels, {point}. "
        "In all {equation}; one ordinary convolution would take {ordinary}.",
        "파라미터. 먼저 채널마다 따로 창을 두고({depth}), 그다음 1×1 필터가 채널을 섞습니다({point}). "
        "모두 더하면 {equation}이고, 보통의 합성곱이라면 {ordinary}입니다.",
    ),
    "work": (
        "Multiply-adds. One for every weight that each of the outputs uses: {equation}.",
        "곱셈-덧셈. 출력값 하나하나가 쓰는 가중치마다 한 번씩입니다: {equation}.",
    ),
    "none": ("Parameters. None: there is nothing to learn here.", "파라미터. 없습니다. 여기서는 학습할 것이 없습니다."),
    "dense": (
        "Parameters. Each of the {units} outputs has a weight for every one of the {features} inputs and one bias: "
        "{equation}.",
        "파라미터. 출력 {units}개는 저마다 입력 {features}개 각각에 대한 가중치와 편향 하나를 가집니다: {equation}.",
    ),
    "dense_no_bias": (
        "Parameters. Each of the {units} outputs has a weight for every one of the {features} inputs: {equation}.",
        "파라미터. 출력 {units}개는 저마다 입력 {features}개 각각에 대한 가중치를 가집니다: {equation}.",
    ),
    # Receptive fields
    "field": (
        "Receptive field. A window adds (its side − 1) steps to what the layer before sees, in input pixels; {sides}.",
        "수용 영역(입력 픽셀). 이 층의 창은 앞 층이 보던 영역에 (창의 변 − 1)걸음을 더합니다. {sides}.",
    ),
    "step": (
        "From one position to the next the field moves on, in input pixels; {sides}.",
        "이웃한 위치로 옮길 때 이 영역이 움직이는 거리(입력 픽셀). {sides}.",
    ),
    "field_is": (
        "Receptive field. A position sees {field} input pixels.",
        "수용 영역. 한 위치는 입력의 {field} 픽셀을 봅니다.",
    ),
    "field_whole": (
        "Receptive field. Every value sees the whole input.",
        "수용 영역. 모든 값이 입력 전체를 봅니다.",
    ),
    # Pooling
    "max_pool": (
        "It keeps the largest value of each window: whether a pattern is there, no longer exactly where. The window "
        "{block} gives {largest}; average pooling would give {mean}.",
        "창마다 가장 큰 값만 남깁니다. 어떤 패턴이 있는지는 남고, 정확히 어디인지는 흐려집니다. "
        "예를 들어 창 {block}에서는 {largest}이고, 평균 풀링이라면 {mean}입니다.",
    ),
    "average_pool": (
        "It keeps the mean of each window: all values count alike, and one strong response is watered down. The window "
        "{block} gives {mean}; max pooling would give {largest}.",
        "창마다 평균을 남깁니다. 모든 값이 똑같이 반영되므로 하나뿐인 강한 반응은 옅어집니다. "
        "예를 들어 창 {block}에서는 {mean}이고, 최대 풀링이라면 {largest}입니다.",
    ),
    "global_max": (
        "The largest value of each channel's map of {equation} values stays; Flatten would give {flat}.",
        "채널마다 맵의 값 {equation}개 가운데 가장 큰 값 하나만 남습니다. Flatten이라면 {flat}개의 값이 됩니다.",
    ),
    "global_average": (
        "The mean of each channel's map of {equation} values stays; Flatten would give {flat}.",
        "채널마다 맵의 값 {equation}개의 평균 하나만 남습니다. Flatten이라면 {flat}개의 값이 됩니다.",
    ),
    # Flatten and why downsampling matters
    "flatten": (
        "It lays the map out in one row: {equation} values. No value is lost, but from here on no layer knows which of "
        "them lay side by side.",
        "맵을 한 줄로 폅니다: 값 {equation}개. 사라지는 값은 없지만, "
        "이제부터는 어떤 값이 서로 이웃이었는지 알 수 없습니다.",
    ),
    "flatten_row": ("The input is one row already.", "입력이 이미 한 줄입니다."),
    "downsampling": (
        "Why downsample? Without pooling ({pools} here) the map would be {shape} and this row would have {equation} "
        "values instead of {values}.",
        "왜 다운샘플링을 할까요? 풀링({pools}개)이 없다면 맵은 {shape}이고, "
        "이 줄의 값은 {values}개가 아니라 {equation}개가 됩니다.",
    ),
    "downsampling_dense": (
        "The Dense layer after it would have {equation} parameters instead of {now}.",
        "바로 뒤의 Dense 층은 파라미터가 {now}개가 아니라 {equation}개가 됩니다.",
    ),
    "downsampling_field": (
        "And a position of the last map would see {small} input pixels only, not {large}.",
        "그리고 마지막 맵의 한 위치는 입력의 {large} 픽셀이 아니라 {small} 픽셀만 보게 됩니다.",
    ),
    # Layers that keep the shape
    "batch_norm": (
        "While training, each of the {channels} channels is brought to mean 0 and variance 1 over the batch; when "
        "predicting, running averages take the batch's place.",
        "훈련 중에는 채널 {channels}개를 저마다 배치 안에서 평균 0, 분산 1로 맞추고, "
        "예측할 때는 그동안 모은 이동 평균을 씁니다.",
    ),
    "batch_norm_parameters": (
        "Parameters. Learned scale and shift {learned}, running mean and variance {kept} (not trained): {equation}.",
        "파라미터. 학습하는 배율과 이동 {learned}, 학습하지 않는 이동 평균과 분산 {kept}: {equation}.",
    ),
    "layer_norm": (
        "The channels of each position are brought to mean 0 and variance 1 among themselves.",
        "위치마다 그 자리의 채널들끼리 평균 0, 분산 1로 맞춥니다.",
    ),
    "group_norm": (
        "Each group of channels is brought to mean 0 and variance 1 over its map: {equation} channels a group.",
        "채널 그룹마다 맵 전체에서 평균 0, 분산 1로 맞춥니다. 한 그룹의 채널은 {equation}개입니다.",
    ),
    "norm_parameters": (
        "Parameters. Learned scale and shift, as far as they are switched on: {equation}.",
        "파라미터. 켜져 있는 배율과 이동만 학습합니다: {equation}.",
    ),
    "normalization": (
        "Each channel has its mean taken off and is divided by its standard deviation.",
        "채널마다 평균을 빼고 표준편차로 나눕니다.",
    ),
    "normalization_parameters": (
        "Parameters. Mean and variance of each channel in the training data, and one count; none of them trained: "
        "{equation}.",
        "파라미터. 훈련 데이터에서 잰 채널별 평균과 분산, 그리고 개수 하나. 모두 학습하지 않습니다: {equation}.",
    ),
    "dropout": (
        "While training, each value becomes 0 with probability {rate}, and the others are multiplied by {equation} so "
        "that the mean stays; when predicting, everything passes.",
        "훈련 중에는 값마다 {rate}의 확률로 0이 되고, 평균이 그대로이도록 나머지는 {equation}배로 키웁니다. "
        "예측할 때는 모든 값이 그대로 지나갑니다.",
    ),
    "spatial_dropout": (
        "While training, each whole channel becomes 0 with probability {rate}, and the others are multiplied by "
        "{equation} so that the mean stays; when predicting, everything passes.",
        "훈련 중에는 채널이 통째로 {rate}의 확률로 0이 되고, 평균이 그대로이도록 나머지는 {equation}배로 키웁니다. "
        "예측할 때는 모든 값이 그대로 지나갑니다.",
    ),
    "rescaling": (
        "Every value is multiplied by {scale} and {offset} is added; of 255 it makes {equation}.",
        "값마다 x·{scale} + {offset} 계산을 합니다. 255를 넣으면 {equation}.",
    ),
    "resizing": ("The map is scaled to {size} ({how}).", "맵의 크기를 바꿉니다: {size}({how})."),
    "zero_padding": ("Zeros are laid around the map; {sides}.", "맵 둘레에 0을 두릅니다. {sides}."),
    "add": (
        "The {count} inputs are added value by value; the shape stays.",
        "입력 {count}개를 같은 자리의 값끼리 더합니다. 모양은 그대로입니다.",
    ),
    "residual": (
        "What the layers of the block make of their input is added to the input itself (or to its 1×1 projection), so "
        "they only learn the difference.",
        "블록의 층들이 만든 결과를 입력 자체(또는 1×1 합성곱을 거친 입력)에 더합니다. "
        "그래서 층들은 차이만 배우면 됩니다.",
    ),
    "concatenate": ("The inputs are laid side by side: {equation}.", "입력을 나란히 이어 붙입니다: {equation}."),
    "own": (
        "A layer of your own: how it counts is known to its code alone; the table of the network has its numbers.",
        "직접 만든 층입니다. 계산 방법은 그 코드만 알고, 숫자는 네트워크 표에 있습니다.",
    ),
    # Activations
    "relu": (
        "Activation relu: what is below zero becomes zero, max(0, −3) = 0 and max(0, 3) = 3.",
        "활성화 relu: 0보다 작은 값은 0이 됩니다. max(0, −3) = 0, max(0, 3) = 3.",
    ),
    "sigmoid": (
        "Activation sigmoid: 1 / (1 + e^−x) brings every number between 0 and 1.",
        "활성화 sigmoid: 1 / (1 + e^−x)는 어떤 수든 0과 1 사이로 옮깁니다.",
    ),
    "prelu": (
        "Activation prelu: what is below zero is multiplied by a slope that is learned, 1 more parameter.",
        "활성화 prelu: 0보다 작은 값에는 학습하는 기울기를 곱합니다. 파라미터가 1개 늘어납니다.",
    ),
    "activation": (
        "Activation {name}: applied to every value on its own; no parameters, the same shape.",
        "활성화 {name}: 값 하나하나에 적용됩니다. 파라미터는 없고 모양도 그대로입니다.",
    ),
    "softmax": (
        "softmax: e^x of each value divided by the sum of them all; the results are positive and add up to 1.",
        "softmax: 각 값의 e^x를 전체의 합으로 나눕니다. 결과는 모두 양수이고 더하면 1입니다.",
    ),
    # The whole
    "output_softmax": (
        "The network gives one number per class (a logit); softmax, e^x over the sum of them all, makes probabilities "
        "of them.",
        "네트워크는 클래스마다 수(로짓)를 하나씩 냅니다. softmax가 각 e^x를 전체의 합으로 나누어 확률로 바꿉니다.",
    ),
    "output_sigmoid": (
        "The network gives logits; sigmoid, 1 / (1 + e^−x), makes a probability of each.",
        "네트워크는 로짓을 냅니다. sigmoid, 즉 1 / (1 + e^−x)가 이를 저마다 확률로 바꿉니다.",
    ),
    "output_linear": ("The last number is the prediction itself.", "마지막 수가 그대로 예측값입니다."),
    "total_parameters": ("Parameters in all: {equation}.", "전체 파라미터: {equation}."),
    "total_work": ("Multiply-adds in all, for one input: {equation}.", "입력 하나에 대한 전체 곱셈-덧셈: {equation}."),
}


def say(key: str, language: Language, **values: object) -> str:
    """Return a sentence with its numbers."""
    return WORDS[key][LANGUAGES.index(language)].format(**values)
