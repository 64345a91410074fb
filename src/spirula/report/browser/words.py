"""The words of the error browser and of the suspected labels, in English and in Korean."""

from __future__ import annotations

from ..speech import Say, Words
from ..speech import speaker as speaker_of

WORDS: Words = {
    # The section and its filters
    "title": ("Browse", "살펴보기"),
    "lead_images": ("Every picture, not only the mistakes.", "실수뿐 아니라 모든 사진을 볼 수 있습니다."),
    "lead_samples": ("Every sample, not only the mistakes.", "실수뿐 아니라 모든 샘플을 볼 수 있습니다."),
    "how_classification": (
        "A click on a cell of the confusion matrix, on a class or on a bar leads here.",
        "혼동 행렬의 칸, 클래스 이름, 막대를 누르면 해당하는 것이 여기에 나옵니다.",
    ),
    "how_multilabel": (
        "A click on the name of a label or on a bar leads here.",
        "레이블 이름이나 막대를 누르면 해당하는 것이 여기에 나옵니다.",
    ),
    "how_regression": ("A click on a bar leads here.", "막대를 누르면 해당하는 것이 여기에 나옵니다."),
    "address": (
        "What is chosen stands in the address of this page, so a link to it can be mailed.",
        "고른 조건은 이 페이지의 주소에 남으므로 링크로 보낼 수 있습니다.",
    ),
    "needs_script": (
        "This section is drawn by the page's own script, which this reader does not run.",
        "이 부분은 페이지에 든 스크립트가 그리는데, 지금 프로그램은 스크립트를 실행하지 않습니다.",
    ),
    "no_pictures_kept": (
        "This run keeps thumbnails of its worst mistakes only; none were made of the others.",
        "이 실행에는 가장 큰 실수의 사진만 들어 있습니다. 다른 사진은 저장되지 않았습니다.",
    ),
    "some_pictures": (
        "Of this split, {shown} have a picture here: the worst mistakes first, then others evenly.",
        "이 분할에서 {shown}개만 사진이 들어 있습니다. 큰 실수를 먼저, 나머지는 고르게 골랐습니다.",
    ),
    "listed": (
        "Of the {of} of this split, {n} are listed: the mistakes, and others evenly.",
        "이 분할의 {of}개 중 {n}개를 실었습니다. 실수를 먼저 싣고, 나머지는 고르게 골랐습니다.",
    ),
    "compressed": (
        "Thumbnails are {size} pixels and compressed.",
        "미리 보기 사진은 {size}픽셀이며 압축되어 있습니다.",
    ),
    "filters": ("Filters", "조건"),
    "split": ("Split", "분할"),
    "split_test": ("test", "테스트"),
    "split_validation": ("validation", "검증"),
    "split_train": ("training", "학습"),
    "split_out-of-fold": ("out-of-fold", "폴드 밖"),
    "any": ("any", "전체"),
    "truth": ("True class", "실제 클래스"),
    "said": ("Predicted", "예측"),
    "has_label": ("Has the label", "실제 레이블"),
    "said_label": ("Label said", "예측 레이블"),
    "true_labels": ("True labels", "실제 레이블"),
    "said_labels": ("Predicted labels", "예측 레이블"),
    "no_label": ("(none)", "(없음)"),
    "answer": ("Answer", "판정"),
    "right": ("right", "맞음"),
    "wrong": ("wrong", "틀림"),
    "sure_from": ("Sure from, %", "확신 최소, %"),
    "sure_to": ("to, %", "최대, %"),
    "error_from": ("Error from", "오차 최소"),
    "error_to": ("to", "최대"),
    "file_contains": ("File contains", "파일 이름"),
    "order": ("Order", "정렬"),
    "sort_loss": ("largest loss first", "손실이 큰 순"),
    "sort_loss-up": ("smallest loss first", "손실이 작은 순"),
    "sort_sure": ("surest first", "확신이 큰 순"),
    "sort_sure-up": ("least sure first", "확신이 작은 순"),
    "sort_error": ("largest error first", "오차가 큰 순"),
    "sort_error-up": ("smallest error first", "오차가 작은 순"),
    "sort_over": ("most too high first", "높게 빗나간 순"),
    "sort_under": ("most too low first", "낮게 빗나간 순"),
    "sort_truth": ("true value, rising", "실제 값이 작은 순"),
    "sort_file": ("file name", "파일 이름순"),
    "reset": ("Show all", "모두 보기"),
    # Bars, list, pages
    "bars": ("How sure it is, of what is chosen", "고른 것에 대한 확신"),
    "bars_error": ("Predicted minus true, of what is chosen", "고른 것의 오차(예측 − 실제)"),
    "bar": ("{low} to {high}: {right} right, {wrong} wrong", "{low}~{high}: 맞음 {right}, 틀림 {wrong}"),
    "bar_error": ("{low} to {high}: {n}", "{low}~{high}: {n}개"),
    "found": ("{n} of {all}.", "{all}개 중 {n}개입니다."),
    "alt": ("True: {truth}, predicted: {said}", "실제: {truth}, 예측: {said}"),
    "no_picture": ("no picture here", "사진 없음"),
    "pages": ("Pages", "쪽"),
    "page_of": ("Page {page} of {pages}", "{pages}쪽 중 {page}쪽"),
    "previous": ("Previous", "이전"),
    "next": ("Next", "다음"),
    # One picture
    "position": ("{n} of {all}", "{all}개 중 {n}번째"),
    "before": ("The one before", "앞의 것"),
    "after": ("The next one", "다음 것"),
    "close": ("Close", "닫기"),
    "the_picture": ("The picture", "사진"),
    "speaks_for": ("What speaks for {name}", "{name}의 근거가 된 곳"),
    "runner_up": ("Runner-up", "2순위"),
    "loss": ("Loss", "손실"),
    "surest": ("Least sure decision", "가장 불확실한 판단"),
    "truth_value": ("True value", "실제 값"),
    "said_value": ("Predicted value", "예측값"),
    "error": ("Error", "오차"),
    "nearest": ("Nearest training pictures", "가장 가까운 학습 사진"),
    "similarity": ("similarity {value}", "유사도 {value}"),
    "alike": ("Similar mistakes", "비슷한 실수"),
    "further_walk": ("Every number the network makes of it", "네트워크가 계산하는 모든 수치 보기"),
    "further_cam": ("Where the network looks", "네트워크가 보는 곳"),
    # Suspected labels
    "labels_title": ("Suspected labels", "의심되는 레이블"),
    "labels_lead": (
        "{n} of {of} held-out labels look doubtful to a network that had not learned from them. Some of these labels "
        "are wrong; others are right, and the picture is hard. Only a look tells which.",
        "이 레이블로 학습하지 않은 네트워크가 보기에 따로 둔 레이블 {of}개 중 {n}개가 의심스럽습니다. "
        "틀린 레이블도 있고, "
        "레이블은 맞지만 어려운 사진도 있습니다. 직접 보아야 알 수 있습니다.",
    ),
    "labels_lead/1": (
        "One of {of} held-out labels looks doubtful to a network that had not learned from it. It may be wrong; or it "
        "is right, and the picture is hard. Only a look tells which.",
        "이 레이블로 학습하지 않은 네트워크가 보기에 따로 둔 레이블 {of}개 중 {n}개가 의심스럽습니다. "
        "레이블이 틀렸을 수도 있고, 맞지만 사진이 어려울 수도 있습니다. 직접 보아야 알 수 있습니다.",
    ),
    "labels_none": (
        "None of the {of} held-out labels looks doubtful. Wrong ones that follow a rule are not seen like this.",
        "따로 둔 레이블 {of}개 중 의심스러운 것은 없습니다. 다만 일정한 규칙으로 틀린 레이블은 "
        "이렇게 찾을 수 없습니다.",
    ),
    "labels_found": ("How they are found", "찾는 방법"),
    "labels_how": (
        "By the confident joint (Northcutt, Jiang and Chuang 2021): another class is as probable as "
        "it usually is for samples of that class, and the network is as sure as of the middle one that it has right. "
        "The surest come first.",
        "확신 결합 행렬(confident joint, Northcutt·Jiang·Chuang 2021)을 씁니다. 다른 클래스의 확률이 그 클래스 "
        "샘플들의 평균 이상이고, 네트워크의 확신이 맞힌 샘플들의 중앙값 이상인 경우입니다. 확신이 큰 것부터 보입니다.",
    ),
    "labels_more": (
        "The {shown} surest are shown. All of them: {command}",
        "확신이 큰 {shown}개를 보입니다. 전체 목록: {command}",
    ),
    "labels_rest": ("{n} more", "{n}개 더 보기"),
    "labels_folds": (
        "Labels of training pictures are not judged here. With folds every label is:",
        "학습에 쓴 사진의 레이블은 여기서 판단하지 않습니다. 교차 검증을 하면 모든 레이블을 판단합니다:",
    ),
    "labelled": ("labelled", "현재 레이블"),
    "suggested": ("the network says", "네트워크의 예측"),
    "change_to": ("Change to", "다음으로 바꾸기"),
    "new_label": ("New label", "새 레이블"),
    "leave_out": ("— leave it out —", "— 데이터에서 제외 —"),
    "tick": (
        "Tick what you accept. The file lists the changes; your pictures stay as they are.",
        "바꿀 것을 선택하십시오. 파일에는 바꿀 내용만 담기며 원본은 그대로 둡니다.",
    ),
    "download": ("Download patch.csv ({n})", "patch.csv 내려받기 ({n})"),
    "copy": ("Copy", "복사"),
    "as_text": ("The patch as text", "패치를 글로 보기"),
    "apply": ("Train with it", "적용해 학습하기"),
    "with_folds": ("Judge every label", "모든 레이블 판단하기"),
}


def speaker(language: str) -> Say:
    """Return ``say(key, **values)`` for the room's words; see :func:`spirula.report.speech.speaker`."""
    return speaker_of(WORDS, language)
