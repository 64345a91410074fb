"""The words of the time and the machine."""

from __future__ import annotations

from ..speech import Words

WORDS: Words = {
    "none": (
        "Times are known of trainings that have finished here.",
        "시간은 여기서 끝난 학습에 대해서만 알 수 있습니다.",
    ),
    "times": ("Where the time went", "시간이 든 곳"),
    "total": ("Total", "전체"),
    "loading": ("Reading the data, building the network", "데이터 읽기, 네트워크 만들기"),
    "stage": ("– {stage}", "– {stage}"),
    "training": ("Training", "학습"),
    "validation": ("– judging validation samples", "– 검증 샘플 평가"),
    "evaluation": ("Evaluation", "평가"),
    "per_second_images": ("Images per second", "초당 사진 수"),
    "per_second_samples": ("Samples per second", "초당 샘플 수"),
    "waiting": ("Waiting for data", "데이터를 기다린 비율"),
    "memory_peak": ("Peak memory", "최대 메모리"),
    "memory_gpu": ("Peak memory of the GPU", "GPU 최대 메모리"),
    "shares": (
        "The time of the steps ({timed} of {steps} steps were timed)",
        "스텝 시간({steps}스텝 중 {timed}스텝 측정)",
    ),
    "data": ("Waiting for the batch", "배치 기다리기"),
    "forward": ("Forward: network and loss", "순전파: 네트워크와 손실"),
    "backward": ("Backward: gradients", "역전파: 그래디언트"),
    "update": ("Updating the weights", "가중치 갱신"),
    "rest": ("Between steps: records, checkpoints", "스텝 사이: 기록, 체크포인트"),
    "machine": ("The machine", "컴퓨터"),
    "device": ("Device", "장치"),
    "system": ("System", "운영 체제"),
    "processor": ("Processor", "프로세서"),
    "accelerator": ("Accelerator", "가속기"),
    "cores": ("Cores", "코어"),
    "threads": ("Threads", "스레드"),
    "memory": ("Memory", "메모리"),
    "halved": (
        "Out of memory in step {steps}: {at_once} samples were computed at once, and gradients added up over the "
        "{size} of a batch.",
        "{steps}스텝에서 메모리가 부족했습니다. 한 번에 샘플 {at_once}개씩 계산하고 배치 {size}개의 그래디언트를 "
        "더했습니다.",
    ),
    "divided": (
        "A whole batch did not fit into memory: {at_once} samples were computed at once, and gradients added up over "
        "the {size} of a batch.",
        "배치 전체가 메모리에 들어가지 않았습니다. 한 번에 샘플 {at_once}개씩 계산하고 배치 {size}개의 그래디언트를 "
        "더했습니다.",
    ),
}
