"""The sentences of the findings and the command that comes next, in English and in Korean."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from .. import wording
from ..speech import LANGUAGES, Say
from .words import speaker, split_words

LOOK = "spirula inspect {data} --out inspection.html"  # the page has the pictures that a terminal cannot show

# code: (English, Korean, what to type next; {data} is the source as a shell word). CODE/1: where the count is one.
SENTENCES: dict[str, tuple[str, str, str]] = {
    "refused-by-training": (
        "{problem}. {remedy}",
        "이대로는 학습이 시작되지 않습니다: {problem}. {remedy}",
        "",
    ),
    "leak": (
        "{count} of {of} {split} pictures are copies of training pictures: the {split} figures would flatter the "
        "network. Remove them, or join the splits and let spirula divide anew: it keeps copies together.",
        "{split} 사진 {of}장 중 {count}장이 학습 사진의 복사본이라 {split} 수치가 실제보다 좋게 나옵니다. "
        "지우거나, 분할을 합쳐 spirula가 다시 나누게 하세요. 복사본은 함께 둡니다.",
        LOOK,
    ),
    "leak/1": (
        "1 of {of} {split} pictures is a copy of a training picture: remove one of the two.",
        "{split} 사진 {of}장 중 1장이 학습 사진의 복사본입니다. 둘 중 하나를 지우세요.",
        LOOK,
    ),
    "copies-with-other-labels": (
        "Groups of copies with more than one label: {groups}. At least one label in each is wrong.",
        "복사본 묶음 {groups}개에 레이블이 둘 이상 있습니다. 묶음마다 적어도 하나는 틀렸습니다.",
        LOOK,
    ),
    "copies": (
        "{pictures} pictures have copies (groups: {groups}). None leads from training into validation or test.",
        "사진 {pictures}장이 복사본 묶음 {groups}개에 있습니다. 학습에서 검증이나 테스트으로 이어지는 것은 없습니다.",
        "",
    ),
    "refused": (
        "Files that cannot be used: {count}. They are left out and listed with the reason.",
        "파일 {count}개는 쓸 수 없어 제외했고, 이유와 함께 적어 두었습니다.",
        "",
    ),
    "suspect": (
        "Damaged files that load all the same: {count}. Look at them, and remove what shows nothing any more.",
        "파일 {count}개는 열리지만 손상되었습니다. 확인하고 알아볼 수 없는 것은 지우세요.",
        LOOK,
    ),
    "converted": (
        "Files converted on reading (palette, transparency, CMYK, 16 bits, …): {count}.",
        "파일 {count}개는 읽으면서 변환했습니다(팔레트, 투명도, CMYK, 16비트 등).",
        "",
    ),
    "turned": (
        "Pictures turned by their EXIF mark: {count}. spirula turns them; other tools may show them lying.",
        "사진 {count}장은 EXIF 표시에 따라 회전합니다. spirula는 회전하지만, 표시를 무시하는 도구에서는 누워 보입니다.",
        "",
    ),
    "shortcut-format": (
        "The file format alone tells the class in {accuracy} of the cases (chance {chance}): the network may learn "
        "its traces instead of what is on the pictures.",
        "파일 형식만 보고도 클래스를 {accuracy} 맞힐 수 있습니다(우연은 {chance}). 네트워크가 내용 대신 형식의 흔적을 "
        "배울 수 있습니다.",
        "",
    ),
    "shortcut-mode": (
        "The colour mode alone tells the class in {accuracy} of the cases (chance {chance}): grey pictures and "
        "coloured ones should be in every class, or --channels 1 takes the colour away.",
        "색 모드만 보고도 클래스를 {accuracy} 맞힐 수 있습니다(우연은 {chance}). 흑백과 컬러가 모든 클래스에 섞여 "
        "있어야 하며, --channels 1은 색을 없앱니다.",
        "spirula train {data} --channels 1",
    ),
    "shortcut-size": (
        "The picture size alone tells the class in {accuracy} of the cases (chance {chance}): after resizing, "
        "sharpness and shape may give it away.",
        "사진 크기만 보고도 클래스를 {accuracy} 맞힐 수 있습니다(우연은 {chance}). 크기를 바꾼 뒤에도 선명도와 모양이 "
        "단서가 될 수 있습니다.",
        "",
    ),
    "uneven": (
        "“{largest}” has {ratio} times as many training pictures as “{smallest}”.",
        "“{largest}”의 학습 사진이 “{smallest}”의 {ratio}배입니다.",
        "spirula train {data} --class-weights auto",
    ),
    "few": (
        "Fewer than {limit} training pictures: {names}.",
        "학습 사진이 {limit}장보다 적은 클래스: {names}.",
        "",
    ),
    "reshaped-squash": (
        "Pictures squashed far from their own shape: {count} of {of}, the worst {times} times.",
        "사진 {of}장 중 {count}장은 네트워크 입력과 모양이 많이 달라, 심하면 {times}배 찌그러집니다.",
        "spirula inspect {data} --resize pad --out inspection.html",
    ),
    "reshaped-crop": (
        "Pictures that lose more than a third to the centre crop: {count} of {of}, the worst {lost}.",
        "사진 {of}장 중 {count}장은 가운데 크롭으로 3분의 1 넘게, 심하면 {lost}를 잃습니다.",
        "spirula inspect {data} --resize pad --out inspection.html",
    ),
    "reshaped-pad": (
        "Pictures that leave more than a third of the network's input black: {count} of {of}, the worst {lost}.",
        "사진 {of}장 중 {count}장은 입력의 3분의 1 넘게, 심하면 {lost}를 검게 남깁니다.",
        "spirula inspect {data} --resize squash --out inspection.html",
    ),
    "enlarged": (
        "Pictures enlarged to reach the network's size: {count} of {of}. That costs time and adds nothing.",
        "사진 {of}장 중 {count}장은 네트워크 크기에 맞추려고 확대됩니다. 시간만 들고 얻는 것은 없습니다.",
        "spirula train {data} --image-size {side}",
    ),
    "blank": ("Nearly blank pictures: {count} ({names}).", "거의 빈 사진 {count}장({names}).", ""),
    "dark": ("Very dark pictures: {count} ({names}).", "매우 어두운 사진 {count}장({names}).", ""),
    "bright": ("Very bright pictures: {count} ({names}).", "매우 밝은 사진 {count}장({names}).", ""),
}


def told(finding: Mapping[str, Any], source: str, language: str, *, on_page: bool = False) -> dict[str, Any]:
    """Return a finding with its sentence as ``text`` and what to type next as ``command``, "" when there is nothing.

    on_page: who reads it has the page open already, so asking for it is no next step.
    """
    say = speaker(language)
    single = f"{finding['code']}/1"
    entry = SENTENCES[single if finding["values"].get("count") == 1 and single in SENTENCES else finding["code"]]
    values = {key: _shown(key, value, say) for key, value in finding["values"].items()}
    text = entry[LANGUAGES.index("ko" if language == "ko" else "en")].format(**values)
    command = "" if on_page and entry[2] == LOOK else entry[2].format(**values, data=shlex.quote(source))
    return {"code": finding["code"], "level": finding["level"], "text": text, "command": command}


def _shown(key: str, value: Any, say: Say) -> str:
    if key == "split":
        return split_words(value, say)
    if key in ("accuracy", "chance", "lost"):
        return wording.percent(value)
    if key in ("ratio", "times"):
        return wording.number(value, 2)
    if key == "side":
        return str(max(8, int(value) // 8 * 8))
    if key == "names":
        shown = ", ".join(f"“{name}”" for name in value[:5])
        return shown if len(value) <= 5 else f"{shown} {say('more', n=len(value) - 5)}"
    return wording.count(value) if isinstance(value, int) else str(value)
