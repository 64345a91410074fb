"""The words of what goes in: the data, and what the network gets of it."""

from __future__ import annotations

from ..speech import Words

WORDS: Words = {
    "imported": (
        "The network was imported: what it learned from is not known here.",
        "네트워크를 가져와서 무엇으로 학습했는지는 알 수 없습니다.",
    ),
    "lead": ("{total}: {splits}.", "{total}: {splits}."),
    "lead_images": (
        "{total} of {shape} (height × width × channels): {splits}.",
        "{total}, 크기 {shape}(높이 × 너비 × 채널): {splits}.",
    ),
    "lead_samples": ("{total} of {shape} numbers: {splits}.", "{total}, 샘플마다 수 {shape}개: {splits}."),
    "split": ("{n} {split}", "{split} {n}"),
    "counts": ("Samples of each class", "클래스별 샘플 수"),
    "counts_labels": ("Samples with each label", "레이블별 샘플 수"),
    "class": ("Class", "클래스"),
    "label": ("Label", "레이블"),
    "samples": ("A few of them", "몇 가지 예"),
    "samples_alt": ("{n} of {label}", "{label} {n}장"),
    "no_samples": ("No sample pictures were stored.", "저장된 예시 사진이 없습니다."),
    "refused": ("Files that could not be used", "쓸 수 없던 파일"),
    "refused_all": ("{n} in all.", "모두 {n}개입니다."),
    "refused_some": (
        "{n} in all; the first {shown} are listed, manifest.csv has the rest.",
        "모두 {n}개입니다. 처음 {shown}개만 보이며 나머지는 manifest.csv에 있습니다.",
    ),
    "refused_caption": ("Left out, and why", "제외한 파일과 이유"),
    "file": ("File", "파일"),
    "reason": ("Reason", "이유"),
    # What the network gets
    "sheet_imported": (
        "The network was imported without pictures of its training.",
        "학습에 쓴 사진 없이 네트워크만 가져왔습니다.",
    ),
    "sheet_augmented": (
        "Training images after resizing and augmentation ({changes}), in the network's own resolution. If you cannot "
        "tell what is on them, neither can it.",
        "크기를 바꾸고 증강한({changes}) 학습 사진을 네트워크의 해상도로 보인 것입니다. 사람이 알아볼 수 없으면 "
        "네트워크도 알아볼 수 없습니다.",
    ),
    "sheet": (
        "Training images after resizing; no augmentation was asked for, in the network's own resolution. If you cannot "
        "tell what is on them, neither can it.",
        "크기를 바꾼 학습 사진을 네트워크의 해상도로 보인 것입니다(증강 없음). 사람이 알아볼 수 없으면 네트워크도 "
        "알아볼 "
        "수 없습니다.",
    ),
    "no_cards": ("No such pictures were stored.", "저장된 사진이 없습니다."),
}
