"""What the findings say, in English and in Korean. Numbers are those of the evidence."""

from __future__ import annotations

from typing import Any

from ..errors import InputError
from .finding import Finding

LANGUAGES = ("en", "ko")

# key: (English, Korean). A key is a code, with its form where a code has several sentences.
SENTENCES: dict[str, tuple[str, str]] = {
    "D001": (
        "{count:,} of {of:,} {split} samples are copies of training samples: the {split} figures flatter the network.",
        "{split} 샘플 {of:,}개 중 {count:,}개가 학습 샘플의 복사본이라 {split} 수치가 실제보다 좋게 나옵니다.",
    ),
    "D001/1": (  # where the count is one
        "1 of {of:,} {split} samples is a copy of a training sample: the {split} figures flatter the network.",
        "{split} 샘플 {of:,}개 중 1개가 학습 샘플의 복사본이라 {split} 수치가 실제보다 좋게 나옵니다.",
    ),
    "D002": (
        "Copies were not looked for: samples that are there twice may be on both sides of the division.",
        "복사본을 찾지 않았습니다. 같은 샘플이 분할의 양쪽에 있을 수 있습니다.",
    ),
    "D003": (
        "About {share:.1%} of the {split} labels look wrong: of the {of:,} samples that the network is surest "
        "of, {count:,} are labelled otherwise.",
        "{split} 레이블의 약 {share:.1%}가 틀린 듯합니다. 네트워크가 가장 확신하는 샘플 {of:,}개 중 "
        "{count:,}개의 레이블이 다릅니다.",
    ),
    "D004": (
        "“{name}” has {count:,} training samples beside {most:,} of “{largest}”, and a recall of {recall:.1%} "
        "({low:.1%} to {high:.1%}) beside {others:.1%} of the other classes.",
        "“{name}”의 학습 샘플은 {count:,}개(“{largest}”는 {most:,}개)이고, 재현율은 "
        "{recall:.1%}({low:.1%}~{high:.1%})로 다른 클래스의 {others:.1%}보다 낮습니다.",
    ),
    "D005/border": (
        "The border of the pictures alone tells the class in {accuracy:.1%} of {count:,} cases (largest class "
        "{majority:.1%}, network {network:.1%}): the network may have learned the background.",
        "사진의 가장자리만 보아도 {count:,}장 중 {accuracy:.1%}의 클래스를 맞힙니다(가장 큰 클래스 "
        "{majority:.1%}, 네트워크 {network:.1%}). 네트워크가 배경을 배웠을 수 있습니다.",
    ),
    "D005/colour": (
        "The mean colour of the pictures alone tells the class in {accuracy:.1%} of {count:,} cases (largest "
        "class {majority:.1%}, network {network:.1%}): the network may have learned the light.",
        "사진의 평균 색만 보아도 {count:,}장 중 {accuracy:.1%}의 클래스를 맞힙니다(가장 큰 클래스 "
        "{majority:.1%}, 네트워크 {network:.1%}). 네트워크가 조명을 배웠을 수 있습니다.",
    ),
    "D005/file": (
        "The size of the files alone, in bytes and pixels, tells the class in {accuracy:.1%} of {count:,} cases "
        "(largest class {majority:.1%}, network {network:.1%}): the classes came from different sources, and it "
        "may show.",
        "파일 크기(바이트와 픽셀)만 보아도 {count:,}장 중 {accuracy:.1%}의 클래스를 맞힙니다(가장 큰 클래스 "
        "{majority:.1%}, 네트워크 {network:.1%}). 클래스마다 출처가 달라 그 흔적이 남아 있을 수 있습니다.",
    ),
    "D006": (
        "The centre crop leaves out {median:.0%} of the middle picture, more than a third of {count:,} of "
        "{of:,}, and {most:.0%} of the worst: what they show may be cut off.",
        "가운데 크롭이 중간 정도의 사진에서 {median:.0%}, 심하면 {most:.0%}를 잘라 내고, {of:,}장 중 "
        "{count:,}장은 3분의 1 넘게 잃습니다. 대상이 잘렸을 수 있습니다.",
    ),
    "D007": (
        "The network gets values from {low:.4g} to {high:.4g} (mean {mean:.3g}, standard deviation {std:.3g}): "
        "input of mean 0 and standard deviation 1 is learned from faster and more safely.",
        "네트워크 입력이 {low:.4g}~{high:.4g}(평균 {mean:.3g}, 표준편차 {std:.3g})입니다. 평균 0, 표준편차 1인 "
        "입력이 더 빠르고 안전하게 학습됩니다.",
    ),
    "D008": (
        "Pictures that are there several times with different labels: {count:,}. At least one label of each is wrong.",
        "같은 사진에 다른 레이블이 붙은 경우가 {count:,}건 있습니다. 건마다 적어도 하나는 틀렸습니다.",
    ),
    "T001": (
        "The run was interrupted before its end (finished epochs: {epochs}).",
        "학습이 끝나기 전에 중단되었습니다(마친 에폭: {epochs}).",
    ),
    "T001/failed": (
        "The run failed (finished epochs: {epochs}): {failure}",
        "학습이 실패했습니다(마친 에폭: {epochs}): {failure}",
    ),
    "T001/running": (
        "The run is still under way (finished epochs: {epochs}): what is said here is provisional.",
        "학습이 진행 중입니다(마친 에폭: {epochs}). 여기의 내용은 잠정적입니다.",
    ),
    "T002": (
        "The numbers were no longer finite: {failure}",
        "수치가 유한하지 않게 되었습니다: {failure}",
    ),
    "T003": (
        "Overfitting from epoch {epoch} on: the validation loss rose from {least:.3g} to {end:.3g} while the "
        "training loss fell from {train_then:.3g} to {train_end:.3g}.",
        "{epoch}에폭부터 과적합입니다. 검증 손실은 {least:.3g}에서 {end:.3g}로 올랐고 학습 손실은 "
        "{train_then:.3g}에서 {train_end:.3g}로 내렸습니다.",
    ),
    "T004": (
        "Underfitting: after {epochs} epochs it is right on {accuracy:.1%} of the training samples themselves, "
        "and the loss stays at {loss:.3g}, where a guess by class frequency has {chance:.3g}.",
        "과소적합입니다. {epochs}에폭 뒤에도 학습 샘플의 {accuracy:.1%}만 맞히고, 손실은 {loss:.3g}에 "
        "머뭅니다(클래스 빈도로 찍으면 {chance:.3g}).",
    ),
    "T005": (
        "The learning rate {learning_rate:.3g} is probably too high: the training loss jumped up in {times} of "
        "{epochs} epochs, first in epoch {epoch}.",
        "학습률 {learning_rate:.3g}이(가) 너무 큰 듯합니다. 학습 손실이 {epochs}에폭 중 {times}번, 처음에는 "
        "{epoch}에폭에서 뛰어올랐습니다.",
    ),
    "T005/nothing": (
        "Nothing was learned at learning rate {learning_rate:.3g}: the loss never came below {loss:.3g}, and a "
        "guess by class frequency has {chance:.3g}. It is probably too high.",
        "학습률 {learning_rate:.3g}에서 아무것도 배우지 못했습니다. 손실이 {loss:.3g} 아래로 내려가지 "
        "않았습니다(클래스 빈도로 찍으면 {chance:.3g}). 너무 큰 듯합니다.",
    ),
    "T006": (
        "The learning rate {learning_rate:.3g} is probably too low: after {epochs} epochs the loss is {loss:.3g} "
        "(a guess has {chance:.3g}) and falls as steadily as at the start.",
        "학습률 {learning_rate:.3g}이(가) 너무 작은 듯합니다. {epochs}에폭 뒤 손실이 {loss:.3g}(찍으면 "
        "{chance:.3g})이고 처음처럼 꾸준히 내려가고 있습니다.",
    ),
    "T007": (
        "Still improving after {epochs} epochs: the validation loss, {loss:.3g}, was falling by {slope:.0%} an epoch.",
        "{epochs}에폭 뒤에도 나아지고 있습니다. 검증 손실 {loss:.3g}이(가) 에폭마다 {slope:.0%}씩 내려가고 있었습니다.",
    ),
    "T008": (
        "The first of {epochs} epochs was the best by {monitor}: what came after it made the network worse.",
        "{monitor} 기준으로 {epochs}에폭 중 첫 에폭이 가장 좋았습니다. 그 뒤로는 나빠지기만 했습니다.",
    ),
    "T008/start": (
        "None of {epochs} epochs was better by {monitor} than the weights that training began with.",
        "{monitor} 기준으로 {epochs}에폭 중 어느 것도 시작할 때의 가중치보다 낫지 않았습니다.",
    ),
    "T009": (
        "{dead} of {units} units of “{layer}” are zero for each of {samples} samples: they are dead, and no "
        "gradient brings them back.",
        "“{layer}”의 유닛 {units}개 중 {dead}개가 샘플 {samples}개 모두에서 0입니다. 죽은 유닛이라 그래디언트로 "
        "되살아나지 않습니다.",
    ),
    "T010": (
        "Exploding gradients: after epoch {epoch} the gradient's norm is {gradient:.3g}, beside weights of "
        "{weight:.3g}.",
        "그래디언트 폭발: {epoch}에폭 뒤 그래디언트의 노름이 {gradient:.3g}입니다(가중치는 {weight:.3g}).",
    ),
    "T010/infinite": (
        "Exploding gradients: after epoch {epoch} the gradient is no longer finite.",
        "그래디언트 폭발: {epoch}에폭 뒤 그래디언트가 유한하지 않습니다.",
    ),
    "T011": (
        "Vanishing gradients: in relation to its weights, “{layer}” gets {ratio:.1e} of what the last layers get.",
        "그래디언트 소실: “{layer}”에 도달하는 그래디언트가 가중치에 비해 마지막 층들의 {ratio:.1e}뿐입니다.",
    ),
    "T012": (
        "The network waited for its data {share:.0%} of the time, {seconds:.0f} seconds in all.",
        "네트워크가 전체 시간의 {share:.0%}, 모두 {seconds:.0f}초를 데이터를 기다리며 보냈습니다.",
    ),
    "E001": (
        "{count:,} {split} samples are few: the accuracy {accuracy:.1%} is known to ±{half:.1%} ({low:.1%} to "
        "{high:.1%}); to know it to ±{aim:.1%} takes about {needed:,}.",
        "{split} 샘플 {count:,}개는 적습니다. 정확도 {accuracy:.1%}의 오차가 ±{half:.1%}({low:.1%}~{high:.1%})이며, "
        "±{aim:.1%}로 줄이려면 약 {needed:,}개가 필요합니다.",
    ),
    "E002": (
        "“{first}” and “{second}” are {share:.0%} of the {mistakes:,} mistakes: {there:,} times the first was "
        "taken for the second, {back:,} times the other way round.",
        "실수 {mistakes:,}개 중 {share:.0%}가 “{first}”와(과) “{second}” 사이입니다. 앞을 뒤로 본 것이 "
        "{there:,}번, 그 반대가 {back:,}번입니다.",
    ),
    "E003": (
        "The only held-out figures are those of the validation samples, which chose the best of {epochs} epochs "
        "({monitor}): they flatter the network a little.",
        "따로 둔 수치가 {epochs}에폭 중 가장 좋은 것을 고르는 데 쓴({monitor}) 검증 샘플의 것뿐이라 실제보다 "
        "조금 좋게 나옵니다.",
    ),
    "E004": (
        "The difference of {difference:+.2%} is within what seeds alone do: {noise:.2%} (one seed to the next "
        "±{spread:.2%}).",
        "{difference:+.2%}의 차이는 시드만으로도 생기는 범위({noise:.2%}) 안입니다(시드 하나 사이 ±{spread:.2%}).",
    ),
    "E004/once": (
        "“{first}” and “{second}” were run once each: how much of the difference of {difference:+.2%} is the "
        "seed's is not known.",
        "“{first}”와(과) “{second}”을(를) 한 번씩만 돌려서 {difference:+.2%}의 차이 중 얼마가 시드 때문인지 알 "
        "수 없습니다.",
    ),
    "E005": (
        "The saved model, loaded in a fresh process, did not give the numbers that training had logged: {detail}",
        "저장된 모델을 새 프로세스에서 불러오니 학습 때 기록한 수치와 다릅니다: {detail}",
    ),
    "E006": (
        "All {count:,} samples were trained on: how well the network does on others is not known.",
        "샘플 {count:,}개를 모두 학습에 써서 새로운 샘플에서 얼마나 잘하는지 알 수 없습니다.",
    ),
    "E007": (
        "{count:,} {split} samples cannot tell “{first}” and “{second}” apart: the difference is "
        "{difference:+.2%} ({low:+.2%} to {high:+.2%}).",
        "{split} 샘플 {count:,}개로는 “{first}”와(과) “{second}”을(를) 구별할 수 없습니다. 차이는 "
        "{difference:+.2%}({low:+.2%}~{high:+.2%})입니다.",
    ),
    "E008": (
        "Left out of the run after its training: {part} ({reason}). The network and its figures do not depend on it.",
        "학습 뒤에 만들지 못해 빠진 부분: {part}({reason}). 네트워크와 수치에는 영향이 없습니다.",
    ),
}

# Parts of a run, as run.json names those that could not be made.
PARTS: dict[str, tuple[str, str]] = {
    "weights and feature maps": ("weights and feature maps", "가중치와 특성 맵"),
    "heat maps": ("heat maps", "히트맵"),
    "filters": ("filters", "필터"),
    "robustness": ("robustness", "변화에 대한 강건성"),
    "baselines": ("baselines", "기준선"),
    "thumbnails": ("thumbnails", "섬네일"),
    "map and neighbours": ("map and neighbours", "지도와 이웃"),
    "temperature": ("temperature", "온도"),
    "report": ("report", "보고서"),
}

SEVERITY_WORDS: dict[str, tuple[str, str]] = {
    "problem": ("problem", "문제"),
    "warning": ("warning", "주의"),
    "hint": ("hint", "참고"),
}
_SPLITS = {"validation": "검증", "test": "테스트", "train": "학습", "out-of-fold": "폴드 밖"}


def sentence(finding: Finding, language: str = "en") -> str:
    """Return one sentence with the values. Raises :class:`InputError` for a language that is not spoken."""
    values: dict[str, Any] = dict(finding.evidence)
    if language == "ko" and "split" in values:
        values["split"] = _SPLITS.get(str(values["split"]), values["split"])
    if "part" in values:
        values["part"] = part_word(str(values["part"]), language)
    single = f"{finding.key}/1"
    key = single if values.get("count") == 1 and single in SENTENCES else finding.key
    return SENTENCES[key][_spoken(language)].format(**values)


def part_word(part: str, language: str = "en") -> str:
    """Return what a part of a run is called; the part itself where it has no name here."""
    return PARTS.get(part, (part, part))[_spoken(language)]


def severity_word(finding: Finding, language: str = "en") -> str:
    return SEVERITY_WORDS[finding.severity][_spoken(language)]


def _spoken(language: str) -> int:
    if language not in LANGUAGES:
        raise InputError(f'There is no language "{language}" here', "Choose en or ko.")
    return LANGUAGES.index(language)
