"""What a training said of its course: stages, where the time went, the reload test, what more samples bring."""

from __future__ import annotations

from collections.abc import Mapping

_WAITS = "{share} % of the steps' time waits for batches: "
_WAITED = "스텝 시간의 {share} %를 배치를 기다리며 보냈습니다. "

COURSES: Mapping[str, str] = {
    # Stages
    "decoding images": "사진 디코딩",
    "features of the images": "사진의 특성 계산",
    "features of augmented view {n} of {of}": "증강한 사진의 특성 {n} / {of}",
    "frozen layers, view {n} of {of}": "고정된 층, 변형 {n} / {of}",
    "frozen layers, {split}": "고정된 층, {split}",
    "fitting on parts": "일부로 학습",
    "reading the data set": "데이터셋 읽기",
    "unpacking {name}": "{name} 풀기",
    "downloading {name} ({size}) from {address}": "{address}에서 {name} 내려받기({size})",
    # Where the time went
    "{share} % of the whole time went into one stage: {said}.": "전체 시간의 {share} %가 한 단계에 들었습니다: {said}.",
    "{share} % of the whole time went into one stage: {said}. The images are kept: the next run finds them decoded.": (
        "전체 시간의 {share} %가 한 단계에 들었습니다: {said}. 디코딩한 사진은 남아 있어 다음 학습에서 다시 씁니다."
    ),
    "{share} % of the whole time went into one stage: compiling. What was compiled is kept: the next run of this "
    "network finds it.": (
        "전체 시간의 {share} %가 한 단계에 들었습니다: 컴파일. 컴파일한 것은 남아 있어 이 네트워크의 다음 학습에서 "
        "다시 씁니다."
    ),
    "{share} % of the steps' time updates the weights: a larger --batch-size needs fewer updates.": (
        "스텝 시간의 {share} %가 가중치 갱신입니다. --batch-size를 키우면 갱신이 줄어듭니다."
    ),
    "{share} % of the steps' time lies between them: steps are so short that a larger --batch-size pays.": (
        "스텝 시간의 {share} %가 스텝 사이에 있습니다. 스텝이 아주 짧아 --batch-size를 키우면 빨라집니다."
    ),
    "{share} % of the training judges validation samples: fewer of them would do.": (
        "학습의 {share} %가 검증 샘플 평가입니다. 더 적어도 됩니다."
    ),
    "{share} % of the training writes checkpoints: are the disk and the runs far away?": (
        "학습의 {share} %가 체크포인트 저장입니다. 디스크나 저장 폴더가 먼 곳에 있나요?"
    ),
    f"{_WAITS}your own {{name}} makes them. Let it change the whole batch at once.": (
        f"{_WAITED}직접 만든 {{name}}이(가) 배치를 만듭니다. 배치 전체를 한 번에 바꾸게 하세요."
    ),
    f"{_WAITS}the decoded images do not fit into memory beside the rest. A smaller --image-size helps.": (
        f"{_WAITED}디코딩한 사진이 메모리에 다 들어가지 않습니다. --image-size를 줄이면 도움이 됩니다."
    ),
    f"{_WAITS}they are changed by {{names}}. Fewer of these, or a smaller {{option}}, help.": (
        f"{_WAITED}{{names}}(으)로 바꾸는 데 시간이 듭니다. 이를 줄이거나 {{option}}을(를) 작게 하면 도움이 됩니다."
    ),
    f"{_WAITS}the GPU idles between steps. A larger --batch-size gives it more to do at once.": (
        f"{_WAITED}스텝 사이에 GPU가 쉽니다. --batch-size를 키우면 한 번에 더 많이 일합니다."
    ),
    f"{_WAITS}the network is faster than its input. A smaller --image-size, or more --threads, help.": (
        f"{_WAITED}네트워크가 입력보다 빠릅니다. --image-size를 줄이거나 --threads를 늘리면 도움이 됩니다."
    ),
    f"{_WAITS}the network is faster than its input. A smaller --image-size, or more than {{n}} --threads, help.": (
        f"{_WAITED}네트워크가 입력보다 빠릅니다. --image-size를 줄이거나 --threads를 {{n}}보다 늘리면 도움이 됩니다."
    ),
    # The reload test
    "{said} {n} after reloading, {of} logged": "{said}: 다시 불러온 뒤 {n}, 기록 {of}",
    "{said} {n} after reloading": "{said}: 다시 불러온 뒤 {n}",
    "accuracy": "정확도",
    "exact_match": "완전 일치",
    "mae": "평균 절대 오차",
    "shape {one} instead of {other}": "모양이 {other}이(가) 아니라 {one}",
    "The network is a class of your own, which a fresh process cannot rebuild from the folder.": (
        "직접 만든 클래스라 새 프로세스가 폴더만으로 네트워크를 다시 만들 수 없습니다."
    ),
    "The network needs Python objects of your own, which a fresh process does not have.": (
        "직접 만든 Python 객체가 필요한데 새 프로세스에는 없습니다."
    ),
    "The fresh process failed: {reason}": "새 프로세스가 실패했습니다: {reason}",
    # Test views
    "{said}, where the picture alone leaves doubt": "사진만으로 확실하지 않을 때 {said}",
    "each picture and its mirror image": "사진과 그 좌우 반전",
    "each picture and two others, moved a little": "사진과 조금 옮긴 두 장",
    "each picture and five others, mirrored and moved a little": "사진과 뒤집거나 조금 옮긴 다섯 장",
    "several views of each picture": "사진마다 여러 변형",
    # What a drawing of kernels shows
    "weights": "가중치",
    "weights of red, green and blue": "빨강, 초록, 파랑의 가중치",
    "weights of input channel {n}": "입력 채널 {n}의 가중치",
    "weights, mean over {n} input channels": "입력 채널 {n}개에 대해 평균한 가중치",
    # What could not be made after the training
    "out of memory: {reason}": "메모리 부족: {reason}",
    # The output layer that was fitted at once
    "least held-out loss ({loss}) of {n} strengths, {folds} folds": (
        "강도 {n}가지 중 평가 손실이 가장 작음({loss}), {folds}겹 교차 검증"
    ),
    # More samples
    "It cannot be told: a quarter of the {n} training samples (of the rarest class {rarest}) is too little to learn "
    "from; {all} in all and {each} of each class are needed.": (
        "알 수 없습니다. 학습 샘플 {n}개(가장 드문 클래스 {rarest}개)의 4분의 1로는 배우기에 너무 적습니다. 모두 "
        "{all}개, "
        "클래스마다 {each}개가 필요합니다."
    ),
    "It cannot be told: {n} [held-out sample is|held-out samples are] too few to see a difference on.": (
        "알 수 없습니다. 평가용 샘플 {n}개로는 차이가 보이지 않습니다."
    ),
    "{split} has {n} samples and would tell more: --split {name}": (
        "{split} 샘플이 {n}개로 더 많이 알려 줍니다: --split {name}"
    ),
    "{n} [held-out sample tells|held-out samples tell] little: train with --test 0.4, or with --folds 5 and ask its "
    "folds one by one.": (
        "평가용 샘플 {n}개로는 알 수 있는 것이 적습니다. --test 0.4로 학습하거나, --folds 5로 학습해 폴드마다 "
        "확인하세요."
    ),
}
