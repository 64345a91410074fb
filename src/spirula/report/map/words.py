"""What the map says, in English and in Korean."""

from __future__ import annotations

from ..speech import Words

WORDS: Words = {
    "missing": (
        "There is no map: this run has no embedding. spirula explain {run} --map makes one.",
        "임베딩이 없는 실행이라 지도가 없습니다. spirula explain {run} --map 명령으로 만들 수 있습니다.",
    ),
    "lead": (
        "Every dot is a picture, placed by what the network's last layer is given: what it finds alike lies together. "
        "Distances between far groups mean little.",
        "점 하나가 사진 한 장이며, 네트워크의 마지막 층에 들어가는 값(임베딩)에 따라 놓였습니다. 네트워크가 "
        "비슷하다고 보는 "
        "사진끼리 모입니다. 멀리 떨어진 무리 사이의 거리에는 큰 의미가 없습니다.",
    ),
    "agreement": (
        "{share} of the {n} {split} pictures lie nearest to a training picture with their own label "
        "(95 % interval: {interval}).",
        "{split} 사진 {n}장 가운데 {share}는 가장 가까운 학습 사진의 레이블이 자신과 같습니다(95 % 신뢰구간: "
        "{interval}).",
    ),
    "axes": (
        "The points have {d} principal components, which keep {share} of the variance; nearest are searched among "
        "{known} of {of} training pictures, by cosine.",
        "각 점은 주성분 {d}개로 줄인 것이고 분산의 {share}를 담습니다. 가까운 사진은 학습 사진 {of}장 중 {known}장에서 "
        "코사인 유사도로 찾습니다.",
    ),
    "shown_part": ("{shown} of {n} are drawn, evenly taken.", "{n}장 중 고르게 뽑은 {shown}장을 그렸습니다."),
    "label": ("Map of the {split} pictures", "{split} 사진의 지도"),
    "keys": (
        "Arrow keys go from picture to picture, + and − zoom, 0 shows all, Escape lets go.",
        "화살표 키로 사진을 옮겨 다니고, +와 −로 확대·축소하며, 0은 전체 보기, Esc는 선택 해제입니다.",
    ),
    "by": ("Placed by", "배치"),
    "neighbours": ("neighbourhood", "이웃 관계"),
    "components": ("two principal components", "주성분 2개"),
    "highlight": ("Highlight", "강조"),
    "all": ("all classes", "모든 클래스"),
    "wrong_only": ("Only the wrong ones", "틀린 것만"),
    "with_train": ("Training pictures too", "학습 사진도 함께"),
    "zoom_in": ("Zoom in", "확대"),
    "zoom_out": ("Zoom out", "축소"),
    "reset": ("Show all", "전체 보기"),
    "wrong": ("wrong", "틀림"),
    "ring": ("Ringed: the network is wrong", "테두리: 네트워크가 틀린 사진"),
    "train_dot": ("Small and pale: training pictures", "작고 옅은 점: 학습 사진"),
    "hint": (
        "Point at a dot, or focus the map and press an arrow key.",
        "점을 가리키거나, 지도에 초점을 두고 화살표 키를 누르세요.",
    ),
    "truth": ("Label", "레이블"),
    "predicted": ("Predicted", "예측"),
    "nearest": ("Nearest training pictures", "가장 가까운 학습 사진"),
    "is_train": ("Training picture", "학습 사진"),
    "strays": ("In the midst of another class", "다른 클래스 한가운데 있는 사진"),
    "strays_lead": (
        "{n} pictures whose five nearest training pictures all have another label. They look like that class to the "
        "network, or one of the labels is wrong.",
        "가장 가까운 학습 사진 다섯 장의 레이블이 모두 자신과 다른 사진이 {n}장입니다. 네트워크가 그 클래스로 보고 "
        "있거나, "
        "어느 한쪽의 레이블이 잘못된 것입니다.",
    ),
    "strays_lead/1": (
        "One picture whose five nearest training pictures all have another label. It looks like that class to the "
        "network, or one of the labels is wrong.",
        "가장 가까운 학습 사진 다섯 장의 레이블이 모두 자신과 다른 사진이 1장입니다. 네트워크가 그 클래스로 보고 "
        "있거나, "
        "어느 한쪽의 레이블이 잘못된 것입니다.",
    ),
    "strays_caption": (
        "The most similar first; {shown} of {n}",
        "유사도가 높은 순서, {n}장 중 {shown}장",
    ),
    "file": ("File", "파일"),
    "similarity": ("Cosine", "코사인"),
    "classes_table": ("The map as a table", "표로 보는 지도"),
    "classes_caption": (
        "For each class: with which labels the nearest training picture of its pictures comes",
        "클래스별로 가장 가까운 학습 사진의 레이블이 무엇인지 나타낸 표",
    ),
    "class": ("Class", "클래스"),
    "count": ("Pictures", "사진"),
    "own": ("Own label nearest", "같은 레이블이 가장 가까움"),
    "others": ("Most often instead", "대신 가장 많이 가까운 레이블"),
}
