"""The words around the numbers of a survey, in English and in Korean."""

from __future__ import annotations

from .. import speech
from ..speech import Say, Words

WORDS: Words = {
    # The page
    "inspection": ("Inspection", "데이터 점검"),
    "summary": ("Summary", "요약"),
    "skip": ("Skip to the findings", "점검 결과로 건너뛰기"),
    "contents": ("Contents", "차례"),
    "footer": (
        "Written by spirula {version}. This file is complete: it loads nothing and can be mailed as it is.",
        "spirula {version}에서 만든 파일입니다. 이 파일 하나로 완결되어 아무것도 내려받지 않으며, "
        "그대로 메일로 보낼 수 있습니다.",
    ),
    "title": ("{samples} in {classes}", "{classes}, {samples}"),
    "title_plain": ("{samples}", "{samples}"),
    # KEY/1: where the number is one
    "samples/1": ("1 sample", "샘플 1개"),
    "pictures/1": ("1 picture", "사진 1장"),
    "classes_n/1": ("1 class", "클래스 1개"),
    "labels_n/1": ("1 label", "레이블 1개"),
    "samples": ("{n} samples", "샘플 {n}개"),
    "pictures": ("{n} pictures", "사진 {n}장"),
    "classes_n": ("{n} classes", "클래스 {n}개"),
    "labels_n": ("{n} labels", "레이블 {n}개"),
    "badge_good": ("Ready to train", "학습 준비 완료"),
    "badge_good_words": ("Nothing was found that would make a result wrong.", "결과를 그르칠 만한 것은 없었습니다."),
    "badge_open": ("Look first", "먼저 확인하세요"),
    "badge_open_words": (
        "A training would run, but its figures could mislead.",
        "학습은 되지만 결과 수치가 오해를 부를 수 있습니다.",
    ),
    "badge_usable": ("Usable", "사용 가능"),
    "badge_usable_words": ("Some pictures or options deserve a look.", "몇몇 사진이나 옵션은 확인해 볼 만합니다."),
    "badge_bad": ("Not usable yet", "아직 쓸 수 없음"),
    "badge_bad_words": ("A training would refuse these data.", "이 데이터로는 학습이 시작되지 않습니다."),
    "findings": ("Findings", "발견한 것"),
    "level_stop": ("Stops a training", "학습 불가"),
    "level_wrong": ("Wrong figures", "수치 왜곡"),
    "level_look": ("Look at it", "확인 필요"),
    "level_know": ("Good to know", "참고"),
    "next": ("Next", "다음 명령"),
    "then": ("Then", "그다음"),
    "more": ("… and {n} more", "… 외 {n}개"),
    "more_rows": (
        "The first {shown} of {n} are listed; --json lists all.",
        "{n}개 중 처음 {shown}개만 보입니다. --json이 전부 보여 줍니다.",
    ),
    # Tiles
    "tile_samples": ("Pictures", "사진"),
    "tile_input": ("The network gets", "네트워크 입력"),
    "tile_refused": ("Cannot be used", "쓸 수 없음"),
    "tile_suspect": ("Suspect", "의심"),
    "tile_copies": ("Copies of another", "복사본"),
    "tile_bytes": ("On the disk", "디스크 크기"),
    "input_note": ("height × width × channels", "높이 × 너비 × 채널"),
    "groups_note": ("groups: {n}", "{n}개 묶음"),
    # Sections
    "part_counts": ("How many of what", "무엇이 얼마나 있나"),
    "part_files": ("Files", "파일"),
    "part_copies": ("Copies and leaks", "복사본과 누출"),
    "part_sizes": ("Sizes and resizing", "크기와 크기 조정"),
    "part_light": ("Light", "밝기"),
    "part_sheet": ("What the network gets", "네트워크가 받는 그림"),
    "part_options": ("How they were read", "어떻게 읽었나"),
    "split_train": ("train", "학습"),
    "split_validation": ("validation", "검증"),
    "split_test": ("test", "테스트"),
    "class": ("Class", "클래스"),
    "label": ("Label", "레이블"),
    "counts_caption": ("Samples of each class", "클래스별 샘플 수"),
    "counts_caption_labels": ("Samples with each label", "레이블별 샘플 수"),
    "all_together": ("All", "전체"),
    # Files
    "files_lead": (
        "Every file was read once. Nothing in the folder was changed.",
        "모든 파일을 한 번씩 읽었습니다. 폴더 안의 어떤 것도 바꾸지 않았습니다.",
    ),
    "verdict": ("Verdict", "판정"),
    "accepted": ("accepted", "사용"),
    "converted": ("converted", "변환"),
    "suspect": ("suspect", "의심"),
    "refused": ("refused", "제외"),
    "files": ("Files", "파일"),
    "file": ("File", "파일"),
    "share": ("Share", "비율"),
    "reason": ("Reason", "이유"),
    "verdicts_caption": ("What became of the files", "파일별 판정"),
    "codes_caption": ("Why, file by file (one may have two reasons)", "이유별 파일 수 (한 파일에 이유가 둘일 수 있음)"),
    "rows_caption": ("The files, with the reason", "파일과 그 이유"),
    "facts_caption": ("The files' own properties", "파일의 속성"),
    "formats": ("Formats", "형식"),
    "modes": ("Colour modes", "색 모드"),
    "turned": ("Turned by their EXIF mark", "EXIF로 회전된 사진"),
    "bytes": ("Size of a file", "파일 크기"),
    "range": ("{least} to {most}, median {median}", "{least} ~ {most}, 중앙값 {median}"),
    "suspects_heading": ("Suspects", "의심스러운 파일"),
    "suspects_lead": (
        "They load, but their data are damaged: part of the picture may be grey, shifted or from another one.",
        "열리기는 하지만 데이터가 손상되어, 일부가 회색이거나 밀렸거나 다른 그림일 수 있습니다.",
    ),
    "all_accepted": ("Every file can be used as it is.", "모든 파일을 그대로 쓸 수 있습니다."),
    # Copies
    "copies_none": ("No two pictures are copies of each other.", "서로 복사본인 사진이 없습니다."),
    "copies_lead": (
        "{pictures} pictures have copies among the others (groups: {groups}).",
        "사진 {pictures}장이 복사본 묶음 {groups}개에 들어 있습니다.",
    ),
    "kind_bytes": ("the same file", "같은 파일"),
    "kind_pixels": ("the same pixels", "같은 픽셀"),
    "kind_near": ("nearly the same", "거의 같음"),
    "kind_features": ("alike to a network", "네트워크가 보기에 같음"),
    "kinds": ("Links between them: {kinds}.", "이들을 잇는 관계: {kinds}."),
    "leak_row/1": (
        "{split}: 1 of {of} has a copy among the training pictures",
        "{split}: {of}장 중 1장의 복사본이 학습 사진에 있음",
    ),
    "leak_row": (
        "{split}: {n} of {of} have a copy among the training pictures",
        "{split}: {of}장 중 {n}장의 복사본이 학습 사진에 있음",
    ),
    "no_leak": (
        "No held-out picture has a copy among the training pictures.",
        "평가용 사진의 복사본은 학습 사진에 없습니다.",
    ),
    "naive": (
        "Drawing files one by one would have put copies of about {n} of the {of} {split} pictures into training.",
        "파일을 하나씩 뽑아 나누었다면 {split} 사진 {of}장 중 약 {n}장의 복사본이 학습에 들어갔을 것입니다.",
    ),
    "naive_groups": (
        "Drawing them one by one would have put about {n} of the {of} {split} pictures beside their own group in "
        "training.",
        "하나씩 뽑아 나누었다면 {split} 사진 {of}장 중 약 {n}장이 같은 그룹의 학습 사진과 나뉘었을 것입니다.",
    ),
    "claim": (
        "A naive random division of these pictures would have claimed {naive} accuracy; with {together} kept together, "
        "{honest} are left ({difference} ± {spread} points; the output layer on the frozen backbone, {folds} folds, "
        "{draws} draws).",
        "이 사진들을 무작위로 나누었다면 정확도가 {naive}로 나왔겠지만, {together} 함께 두면 {honest}입니다"
        "(차이 {difference} ± {spread}%p. 고정된 백본의 출력층, {folds}겹 교차 검증, {draws}회 추첨).",
    ),
    "claim_none": (
        "A naive random division of these pictures would have claimed {naive} accuracy; with {together} kept together "
        "it is {honest}: no difference ({difference} ± {spread} points; the output layer on the frozen backbone, "
        "{folds} folds, {draws} draws).",
        "이 사진들을 무작위로 나누었다면 정확도 {naive}, {together} 함께 두면 {honest}로 차이가 없습니다"
        "({difference} ± {spread}%p. 고정된 백본의 출력층, {folds}겹 교차 검증, {draws}회 추첨).",
    ),
    "claim_copies": ("copies", "복사본을"),
    "claim_groups": ("groups", "그룹을"),
    "claim_both": ("copies and groups", "복사본과 그룹을"),
    "pairs_legend": (
        "Pairs across splits and labels first. Under each picture: its split, its label, its file.",
        "분할이나 레이블이 다른 쌍이 먼저 나옵니다. 사진 아래는 분할, 레이블, 파일 이름입니다.",
    ),
    "across_splits": ("across splits", "분할이 다름"),
    "across_labels": ("different labels", "레이블이 다름"),
    "pair_of": ("Pair {n}: {kind}", "{n}번째 쌍: {kind}"),
    # Sizes
    "sizes_caption": ("The pictures' own sizes, in pixels", "사진의 원래 크기(픽셀)"),
    "height": ("Height", "높이"),
    "width": ("Width", "너비"),
    "aspect": ("Width : height", "너비 : 높이"),
    "least": ("Least", "최소"),
    "median": ("Median", "중앙값"),
    "most": ("Most", "최대"),
    "one_size": ("All pictures are {size}.", "모든 사진이 {size}입니다."),
    "distinct": ("{n} different sizes; most frequent: {common}.", "서로 다른 크기 {n}가지. 가장 흔한 크기: {common}."),
    "lying": (
        "Lying: {lying}; upright: {upright}; square: {square}.",
        "가로가 긴 사진 {lying}장, 세로가 긴 사진 {upright}장, 정사각형 {square}장.",
    ),
    "shorter_axis": ("shorter side, pixels", "짧은 변(픽셀)"),
    "aspect_axis": ("Width : height", "너비 : 높이"),
    "shorter_chart": ("How large they are", "크기 분포"),
    "aspect_chart": ("Which shape they have", "모양 분포"),
    "how_many": ("how many", "장수"),
    "beyond": ("the last bar also counts {n} larger ones", "마지막 막대에는 더 큰 {n}장도 포함"),
    "resize_lead": (
        "The network gets {size}. Pictures made smaller: {reduced} (median {reduced_times} times); enlarged: "
        "{enlarged}{enlarged_times}.",
        "네트워크 입력은 {size}입니다. {reduced}장은 줄어들고(중앙값 {reduced_times}배), "
        "{enlarged}장은 커집니다{enlarged_times}.",
    ),
    "times_most": (" (up to {times} times)", "(최대 {times}배)"),
    "resize_none": (
        "The network gets the pictures in their own size, {size}: nothing is resized.",
        "사진을 원래 크기 {size} 그대로 씁니다.",
    ),
    "modes_caption": ("What each way to the network's shape costs", "네트워크 모양에 맞추는 방법별 대가"),
    "way": ("--resize", "--resize"),
    "crop_cost": ("cut off, share of the picture", "잘려 나가는 넓이"),
    "squash_cost": ("one side stretched against the other", "한쪽으로 늘어나는 배율"),
    "pad_cost": ("left black, share of the input", "검게 남는 입력의 넓이"),
    "cost": ("What it costs", "대가"),
    "chosen": ("used", "사용 중"),
    "worst_heading": ("Where a crop loses most", "크롭으로 가장 많이 잃는 사진"),
    "worst_lead_crop": (
        "The shaded borders never reach the network.",
        "어둡게 칠한 가장자리는 네트워크에 닿지 않습니다.",
    ),
    "worst_lead_other": (
        "With --resize crop the shaded borders would not reach the network; {mode} keeps them.",
        "--resize crop이라면 어둡게 칠한 가장자리가 빠집니다. {mode}에서는 남습니다.",
    ),
    "loses": ("loses {share}", "{share} 손실"),
    # Light
    "light_caption": (
        "From the pixels that the network gets; 0 black, 100\u202f% white",
        "네트워크가 받는 픽셀 기준. 0은 검정, 100\u202f%는 흰색",
    ),
    "brightness": ("Brightness (mean)", "밝기(평균)"),
    "contrast": ("Contrast (deviation)", "대비(표준편차)"),
    "brightness_chart": ("How bright they are", "밝기 분포"),
    "contrast_chart": ("How much they vary", "대비 분포"),
    "brightness_axis": ("mean brightness of a picture", "사진의 평균 밝기"),
    "contrast_axis": ("deviation of brightness in a picture", "사진 안 밝기의 표준편차"),
    "all_grey": ("All pictures are grey.", "모든 사진이 흑백입니다."),
    "all_coloured": ("All pictures have colour.", "모든 사진이 컬러입니다."),
    "some_grey": ("Grey pictures: {grey}; with colour: {coloured}.", "흑백 {grey}장, 컬러 {coloured}장."),
    "blank": ("Nearly blank: {n}", "거의 빈 사진 {n}장"),
    "dark": ("Very dark: {n}", "매우 어두운 사진 {n}장"),
    "bright": ("Very bright: {n}", "매우 밝은 사진 {n}장"),
    "property": ("Property", "속성"),
    # The sheet, the options
    "sheet_lead": (
        "Pictures from {split} in the network's own resolution. If you cannot tell what is on them, neither can it.",
        "네트워크의 해상도로 본 {split} 사진입니다. 사람이 알아볼 수 없으면 네트워크도 알아볼 수 없습니다.",
    ),
    "sheet_augmented": (
        "Pictures from {split} in the network's own resolution, changed at random as training would ({changes}).",
        "네트워크의 해상도로, 학습 때처럼 무작위로 바꾼 {split} 사진입니다({changes}).",
    ),
    "options_caption": ("Options as they were applied", "적용된 옵션"),
    "option": ("Option", "옵션"),
    "value": ("Value", "값"),
    "why": ("Why", "이유"),
    "asked": ("you asked for it", "직접 지정"),
    "notes": ("Notes", "알림"),
}


def speaker(language: str) -> Say:
    """Return ``say(key, **values)`` for a language; raises :class:`InputError` for one that there is not."""
    return speech.speaker(WORDS, language)


def split_words(split: str, say: Say) -> str:
    """Return what a split is called; a fold is called by its own name."""
    key = f"split_{split}"
    return say(key) if key in WORDS else split
