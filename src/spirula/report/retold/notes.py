"""Notes on the data: what was left out, passed over, or found to be there twice."""

from __future__ import annotations

from collections.abc import Mapping

_FLATTERS = "그 수치는 실제보다 좋게 나옵니다"

NOTES: Mapping[str, str] = {
    "{n} {split} [file is a near copy|files are near copies] of training files: its figures flatter the network "
    "({one} of {other}).": f"{{split}} 파일 {{n}}개가 학습 파일과 거의 같아 {_FLATTERS}({{other}} → {{one}}).",
    "{n} {split} [file is an exact copy|files are exact copies] of training files: its figures flatter the network "
    "({one} of {other}).": f"{{split}} 파일 {{n}}개가 학습 파일과 똑같아 {_FLATTERS}({{other}} → {{one}}).",
    "{n} {split} files are copies ({exact} of them exact) of training files: its figures flatter the network "
    "({one} of {other}).": (
        f"{{split}} 파일 {{n}}개가 학습 파일의 복사본이라({{exact}}개는 똑같음) {_FLATTERS}({{other}} → {{one}})."
    ),
    "{n} {split} [file is an exact copy|files are exact copies] of training files: its figures flatter the network.": (
        f"{{split}} 파일 {{n}}개가 학습 파일과 똑같아 {_FLATTERS}."
    ),
    "{n} [picture is|pictures are] there more than once with different labels, such as {one} ({label}) and {two} "
    "({other}).": "사진 {n}장이 서로 다른 레이블로 여러 번 있습니다. 예: {one}({label}), {two}({other}).",
    "{n} [file|files] could not be used; the manifest says which and why.": (
        "파일 {n}개를 쓸 수 없었습니다. 어떤 파일이 왜 그런지는 manifest.csv에 있습니다."
    ),
    "There are too few samples to hold any out for {split}: {said}.": (
        "샘플이 너무 적어 {split}용으로 떼어 둘 수 없습니다: {said}."
    ),
    '{n} [sample|samples]; or divide copies one by one with duplicates = "ignore"': (
        '샘플 {n}개. duplicates = "ignore"로 복사본을 하나씩 나눌 수도 있습니다'
    ),
    "{n} [sample|samples] ({atoms} where {said} count once)": "샘플 {n}개({said} 한 번만 세면 {atoms}개)",
    '{n} [sample|samples] ({atoms} where {said} count once); or divide copies one by one with duplicates = "ignore"': (
        '샘플 {n}개({said} 한 번만 세면 {atoms}개). duplicates = "ignore"로 복사본을 하나씩 나눌 수도 있습니다'
    ),
    "{n} [sample|samples]": "샘플 {n}개",
    "{file}: {n} [label|labels] changed, {left} [sample|samples] left out.": (
        "{file}: 레이블 {n}개를 바꾸고 샘플 {left}개를 제외했습니다."
    ),
    "{file}: {n} [label|labels] changed, {left} [sample|samples] left out, {same} so already.": (
        "{file}: 레이블 {n}개를 바꾸고 샘플 {left}개를 제외했습니다. {same}개는 이미 그대로였습니다."
    ),
    "groups": "그룹을",
    "copies": "복사본을",
    "copies and groups": "복사본과 그룹을",
    "Classes without any sample: {names}.": "샘플이 없는 클래스: {names}.",
    "Classes with a single sample, which is trained on: {names}.": "샘플이 하나뿐이라 학습에 쓴 클래스: {names}.",
    "{n} [picture|pictures] of [a format that is not read was|formats that are not read were] left out: {kinds}. "
    "{how}": "읽지 않는 형식의 사진 {n}장을 제외했습니다: {kinds}. JPEG나 PNG로 저장해 주세요.",
    "{n} [thing that is no image was|things that are not images were] passed over: {kinds}.": (
        "이미지가 아닌 것 {n}개를 지나쳤습니다: {kinds}."
    ),
    "{n} [image lies in no class folder and was|images lie in no class folder and were] left out.": (
        "클래스 폴더 밖에 있는 사진 {n}장을 제외했습니다."
    ),
    "{n} [image whose name says no class was|images whose name says no class were] left out.": (
        "파일 이름에 클래스가 없는 사진 {n}장을 제외했습니다."
    ),
    "The classes are read from the file names: {names}.": "클래스를 파일 이름에서 읽었습니다: {names}.",
    'All lies in "{name}", which is not taken for a class.': (
        '모두 "{name}" 안에 있으며, 이것은 클래스로 보지 않았습니다.'
    ),
    '"{name}" may mean validation or test: it is used as {split}. Rename it to be sure.': (
        '"{name}"은(는) 검증일 수도 테스트일 수도 있어 {split}(으)로 씁니다. 확실히 하려면 이름을 바꾸세요.'
    ),
    "{name}/ holds no class folders and counts as absent.": "{name}/에는 클래스 폴더가 없어 없는 것으로 봅니다.",
    "Class folders without images were left out: {names}.": "사진이 없는 클래스 폴더를 제외했습니다: {names}.",
    "{split} has no images of: {names}. Its figures say nothing about them.": (
        "{split}에 없는 클래스: {names}. {split} 수치는 이들에 대해 아무것도 말해 주지 않습니다."
    ),
    'Two folders are named "{name}" in two spellings of the same text; they are one class.': (
        '"{name}" 폴더가 유니코드 표기만 다르게 둘 있어 한 클래스로 봅니다.'
    ),
    'The class folder {raw} is shown as "{name}".': '클래스 폴더 {raw}을(를) "{name}"(으)로 표시합니다.',
    "These class names differ in capitals only and are kept apart: {names}.": (
        "대소문자만 다른 클래스 이름을 따로 둡니다: {names}."
    ),
    "Read from {file}: JPEG-compressed, so figures lie slightly below those on the original.": (
        "{file}에서 읽었습니다. JPEG으로 압축되어 있어 원본보다 수치가 조금 낮습니다."
    ),
    '"{name}" means the named set; write "./{path}" for the file or folder of that name here.': (
        '"{name}"은(는) 공개 데이터셋을 뜻합니다. 같은 이름의 파일이나 폴더는 "./{path}"(으)로 쓰세요.'
    ),
    "Images of shape {shape} are read as (N, channels, height, width).": (
        "모양이 {shape}인 배열을 (N, 채널, 높이, 너비)로 읽었습니다."
    ),
    'group_by = "{pattern}": {n} [group|groups].': 'group_by = "{pattern}": 그룹 {n}개.',
    'group_by = "{pattern}": {n} [group|groups]; {alone} [sample does not match and stands|samples do not match and '
    "stand] alone.": 'group_by = "{pattern}": 그룹 {n}개. 맞지 않는 샘플 {alone}개는 따로 둡니다.',
    "The validation split was drawn from the training images, stratified by class.": (
        "검증 데이터를 학습 사진에서 클래스 비율대로 뽑았습니다."
    ),
}
