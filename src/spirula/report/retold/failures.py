"""Why numbers were no longer finite: what was seen, what came first, what helps."""

from __future__ import annotations

from collections.abc import Mapping

_LOWER_RATE = "학습률을 10분의 1로 낮추거나, clip_norm = 1로 그래디언트를 제한하세요."
_GUARD = "0에서 기울기가 무한대입니다. torch.where는 양쪽을 모두 계산한 뒤에 고르므로 0 × 무한대가 nan이 됩니다. "

_SEEN: Mapping[str, str] = {
    "The loss became {value} in epoch {epoch} by step {step} (learning rate {rate})": (
        "{epoch}에폭 {step}스텝까지 손실이 {value}(으)로 바뀌었습니다(학습률 {rate})"
    ),
    'The weights "{name}" are no longer finite in epoch {epoch} by step {step} (learning rate {rate})': (
        '{epoch}에폭 {step}스텝까지 가중치 "{name}"이(가) 유한하지 않게 되었습니다(학습률 {rate})'
    ),
    "{what} is {value} in epoch {epoch} by step {step} (learning rate {rate})": (
        "{epoch}에폭 {step}스텝까지 {what} = {value} (학습률 {rate})"
    ),
    "{what} is {value} in epoch {epoch}": "{epoch}에폭에서 {what} = {value}",
}

FAILURES: Mapping[str, str] = {
    **_SEEN,
    **{f"{english}: {{said}}": f"{korean}. {{said}}" for english, korean in _SEEN.items()},
    # What came first
    "the inputs of the network hold {said}": "네트워크 입력에 있는 값: {said}",
    "the targets hold {said}": "목표값에 있는 값: {said}",
    "no numbers": "수가 아닌 값",
    "finite numbers": "유한한 수",
    "{kind} ({n} of {of} values)": "{kind}(값 {of}개 중 {n}개)",
    '"{name}" is not finite although no training step broke it': (
        '"{name}"이(가) 유한하지 않지만, 학습 스텝 때문은 아닙니다'
    ),
    "first, {said_operation} in {said_layer} gave {said}": ("최초 발생: {said_layer}의 {said_operation}, 결과 {said}"),
    "first, {said_operation} in the loss gave {said}": "최초 발생: 손실의 {said_operation}, 결과 {said}",
    "first, {said_operation} in the penalties (L1, L2) gave {said}": (
        "최초 발생: 규제 항(L1, L2)의 {said_operation}, 결과 {said}"
    ),
    "first, the gradient of {said_operation} in {said_layer} gave {said}, in the backward pass": (
        "최초 발생: 역전파에서 {said_layer}의 {said_operation}의 그래디언트, 결과 {said}"
    ),
    'the update itself broke "{name}": its gradient was still finite': (
        '갱신 자체가 "{name}"을(를) 망가뜨렸습니다. 그래디언트는 아직 유한했습니다'
    ),
    "it did not happen again when the steps since the last checkpoint were repeated": (
        "마지막 체크포인트부터 스텝을 다시 해 보니 되풀이되지 않았습니다"
    ),
    "it happened again, but not when its operations were watched one by one": (
        "다시 일어났지만, 연산을 하나씩 지켜볼 때는 일어나지 않았습니다"
    ),
    "the network and its loss are finite on every sample, so the metric itself gave it": (
        "모든 샘플에서 네트워크와 손실이 유한하므로 지표 자체에서 나왔습니다"
    ),
    "looking for the cause was interrupted": "원인을 찾는 중에 중단되었습니다",
    # Operations and places
    "matrix product": "행렬 곱",
    "division": "나눗셈",
    "product": "곱셈",
    "addition": "덧셈",
    "subtraction": "뺄셈",
    "standard deviation": "표준편차",
    "variance": "분산",
    "norm": "노름",
    "conversion": "형 변환",
    "batch normalisation": "배치 정규화",
    "layer normalisation": "층 정규화",
    "group normalisation": "그룹 정규화",
    "convolution": "합성곱",
    "sum over its uses": "쓰인 곳 전체의 합",
    "sum before {said}": "{said} 앞의 합",
    "the network's own code": "네트워크 자체의 코드",
    "the loss": "손실",
    # What usually helps
    "Lower the learning rate (to a tenth), or bound the gradient with clip_norm = 1.": _LOWER_RATE,
    "If it goes on: lower the learning rate (to a tenth), or bound the gradient with clip_norm = 1.": (
        f"그래도 계속되면 {_LOWER_RATE}"
    ),
    "Bound the gradient with clip_norm = 1, and lower the learning rate (to a tenth).": (
        "clip_norm = 1로 그래디언트를 제한하고, 학습률을 10분의 1로 낮추세요."
    ),
    "The inputs go up to {n}. {said}": "입력이 {n}까지 갑니다. {said}",
    'Scale the inputs: normalize = "standardize", or Normalization() as the first layer.': (
        '입력의 크기를 조정하세요: normalize = "standardize", 또는 첫 층으로 Normalization().'
    ),
    "The targets go up to {n}: predict them in a larger unit, or their logarithm.": (
        "목표값이 {n}까지 갑니다. 더 큰 단위나 로그값을 예측하게 하세요."
    ),
    "Clean these samples, or look at the augmentation: it made infinite or missing values of finite ones.": (
        "이 샘플을 고치거나 증강을 확인하세요. 유한한 값이 무한대나 결측값이 되었습니다."
    ),
    "Correct or remove these targets: a missing or infinite one breaks every weight at once.": (
        "이 목표값을 고치거나 지우세요. 결측값이나 무한대 하나가 모든 가중치를 한 번에 망가뜨립니다."
    ),
    "Look where it comes from: pretrained weights, an initializer, or code that writes into the network.": (
        "어디서 왔는지 확인하세요: 사전 학습된 가중치, 초기화, 또는 네트워크에 값을 쓰는 코드."
    ),
    "What no checkpoint holds decided it: random numbers of your own, or a GPU's order of additions.": (
        "체크포인트에 없는 것이 원인입니다: 직접 만든 난수, 또는 GPU의 덧셈 순서."
    ),
    "bfloat16 has three digits: compute this in float32 (x.float()), or train with precision = float32.": (
        "bfloat16은 세 자리까지만 정확합니다. 이 계산을 float32로 하거나(x.float()), precision = float32로 학습하세요."
    ),
    "float16 ends at 65,504: train with precision = bfloat16 or float32, or scale what comes in.": (
        "float16은 65,504까지입니다. precision = bfloat16이나 float32로 학습하거나 입력의 크기를 줄이세요."
    ),
    "exp(x) is infinite above {limit}, and x reached {n}. For log(1 + exp(x)) write softplus "
    '(activation="softplus", torch.nn.functional.softplus(x)); for exp(x) / sum write softmax.': (
        "exp(x)는 {limit}보다 크면 무한대인데 x가 {n}까지 갔습니다. log(1 + exp(x))는 softplus로"
        '(activation="softplus", torch.nn.functional.softplus(x)), exp(x) / 합은 softmax로 쓰세요.'
    ),
    "The logarithm of {said}: keep x away from it, log(x.clamp_min(1e-7)). A loss of probabilities is safer on logits: "
    "cross-entropy, binary-cross-entropy, log_softmax, logsigmoid.": (
        "로그: {said}. x를 이 값에서 떼어 놓으세요: log(x.clamp_min(1e-7)). 확률 대신 로짓에 대한 손실이 더 "
        "안전합니다: "
        "cross-entropy, binary-cross-entropy, log_softmax, logsigmoid."
    ),
    "a negative number is nan": "음수에서는 nan입니다",
    "0 is minus infinity": "0에서는 음의 무한대입니다",
    "{said}: clamp first, (x.clamp_min(0) + 1e-8).sqrt().": (
        "{said}. 먼저 값을 제한하세요: (x.clamp_min(0) + 1e-8).sqrt()."
    ),
    "A root of a negative number is nan": "음수의 제곱근은 nan입니다",
    "1 / sqrt(0) is infinite": "1 / sqrt(0)은 무한대입니다",
    "A division by zero: add a small number below the line, x / (y + 1e-7), or y.clamp_min(1e-7).": (
        "0으로 나눴습니다. 분모에 작은 수를 더하거나 x / (y + 1e-7), y.clamp_min(1e-7)을 쓰세요."
    ),
    "One sample has no spread: use a batch size of 2 or more, or GroupNormalization().": (
        "샘플 하나로는 분산을 구할 수 없습니다. 배치 크기를 2 이상으로 하거나 GroupNormalization()을 쓰세요."
    ),
    "Values that are all equal have variance 0: leave epsilon at its default (0.001), never 0.": (
        "값이 모두 같으면 분산이 0입니다. epsilon은 0으로 하지 말고 기본값(0.001)을 쓰세요."
    ),
    "A softmax over nothing but minus infinities is nan: leave at least one entry of each row unmasked.": (
        "음의 무한대뿐인 소프트맥스는 nan입니다. 행마다 적어도 하나는 가리지 마세요."
    ),
    "The result is beyond {limit}, the end of float32: see what made its inputs as large as that.": (
        "결과가 float32의 끝인 {limit}을(를) 넘었습니다. 입력이 왜 그렇게 커졌는지 확인하세요."
    ),
    "The slope of a root is infinite at 0: add a small number under it, (x + 1e-8).sqrt().": (
        "제곱근은 0에서 기울기가 무한대입니다. 안에 작은 수를 더하세요: (x + 1e-8).sqrt()."
    ),
    "The slope is infinite at 0. torch.where chooses only after both sides were computed, and 0 times infinity is nan: "
    "guard the input instead, log(x.clamp_min(1e-7)).": f"{_GUARD}대신 입력을 제한하세요: log(x.clamp_min(1e-7)).",
    "Its slope is infinite at the ends of its range: clamp its input a little inside.": (
        "정의역의 양 끝에서 기울기가 무한대입니다. 입력을 조금 안쪽으로 제한하세요."
    ),
}
