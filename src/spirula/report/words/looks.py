"""The words of where it looks: class-activation maps, their faithfulness, receptive fields."""

from __future__ import annotations

from ..speech import Words

WORDS: Words = {
    "missing": (
        "Where the network looks is looked at when the training has ended.",
        "네트워크가 어디를 보는지는 학습이 끝나면 살펴봅니다.",
    ),
    "gradcam": ("Grad-CAM", "Grad-CAM"),
    "gradcam++": ("Grad-CAM++", "Grad-CAM++"),
    "layercam": ("LayerCAM", "LayerCAM"),
    "occlusion": ("Occlusion", "가리기(occlusion)"),
    "notice": ("Do not read much into these maps.", "이 맵에 큰 의미를 두지 마세요."),
    "notice_words": (
        "Covering what {method} marks does not hurt the network more than covering what random maps mark (95 % "
        "interval of the gain: {interval}).",
        "{method}이(가) 표시한 곳을 가려도 무작위 맵이 표시한 곳을 가릴 때보다 네트워크가 더 나빠지지 않습니다(이득의 "
        "95 % 신뢰 구간: {interval}).",
    ),
    "lead": (
        "Light places speak for the predicted class: {method} at the layer {layer}, maps of {size}, stretched over the "
        "pictures.",
        "밝은 곳이 예측한 클래스의 근거입니다. {layer} 층에서 {method}(으)로 구한 {size} 맵을 사진 크기로 늘려 "
        "겹쳤습니다.",
    ),
    "lead_regression": (
        "Light places speak for a larger value: {method} at the layer {layer}, maps of {size}, stretched over the "
        "pictures.",
        "밝은 곳이 값을 크게 하는 근거입니다. {layer} 층에서 {method}(으)로 구한 {size} 맵을 사진 크기로 늘려 "
        "겹쳤습니다.",
    ),
    "wrong": ("The most confident mistakes", "가장 확신한 실수"),
    "wrong_regression": ("The largest errors", "가장 큰 오차"),
    "right": ("Some that are right", "맞힌 예"),
    "right_regression": ("Others", "그 밖의 예"),
    "legend_classification": (
        "the picture, what speaks for the prediction, what speaks for the true class; true | {predicted}",
        "사진, 예측의 근거, 실제 클래스의 근거. 실제 | {predicted}",
    ),
    "legend_regression": (
        "the picture and what speaks for a larger value; true | {predicted}",
        "사진, 값을 크게 하는 근거. 실제 | {predicted}",
    ),
    "legend_multilabel": (
        "the picture and what speaks for its most probable label; true | {predicted}",
        "사진, 가장 확률이 높은 레이블의 근거. 실제 | {predicted}",
    ),
    "predicted": ("predicted", "예측"),
    "that_label": ("that label", "그 레이블"),
    "picture_alt": ("The picture, {label}", "사진, {label}"),
    "map_alt": ("What speaks for {name}", "{name}의 근거"),
    "nothing": ("Nothing in the picture speaks for it.", "사진에 근거가 되는 곳이 없습니다."),
    "faithful": ("Can the maps be believed?", "이 맵을 믿을 수 있나?"),
    "not_measured": (
        "That was not measured: with so large a network it would have taken long beside the training. {command} "
        "measures it, on eight pictures or more.",
        "측정하지 않았습니다. 이렇게 큰 네트워크에서는 학습에 비해 오래 걸립니다. {command}이(가) 사진 8장 이상으로 "
        "측정합니다.",
    ),
    "faithful_words": (
        "What a map marks is covered, the lightest places first (deletion: the class should go soon, a small area is "
        "good), or uncovered from a blur (insertion: it should come soon, a large area is good). Random maps of the "
        "same smoothness are measured alike; a method is worth reading where the difference to them is surely above "
        "zero.",
        "맵이 표시한 곳을 밝은 곳부터 가리거나(삭제: 클래스가 빨리 사라져야 하므로 넓이가 작을수록 좋음), 흐린 "
        "사진에서 드러냅니다(삽입: 빨리 나타나야 하므로 넓이가 클수록 좋음). 똑같이 매끄러운 무작위 맵도 같은 방법으로 "
        "재며, 그와의 차이가 확실히 0보다 클 때 읽을 가치가 있습니다.",
    ),
    "faithful_words_regression": (
        "What a map marks is covered, the lightest places first (deletion: the value should go soon, a small area is "
        "good), or uncovered from a blur (insertion: it should come soon, a large area is good). Random maps of the "
        "same smoothness are measured alike; a method is worth reading where the difference to them is surely above "
        "zero.",
        "맵이 표시한 곳을 밝은 곳부터 가리거나(삭제: 값이 빨리 사라져야 하므로 넓이가 작을수록 좋음), 흐린 사진에서 "
        "드러냅니다(삽입: 빨리 나타나야 하므로 넓이가 클수록 좋음). 똑같이 매끄러운 무작위 맵도 같은 방법으로 재며, "
        "그와의 "
        "차이가 확실히 0보다 클 때 읽을 가치가 있습니다.",
    ),
    "faithful_name": ("Faithfulness of the maps", "맵의 충실도"),
    "faithful_caption": (
        "Mean areas under the curves. The gain is insertion minus deletion, less that of random maps",
        "곡선 아래 넓이의 평균. 이득은 (삽입 − 삭제)에서 무작위 맵의 것을 뺀 값입니다",
    ),
    "method": ("Method", "방법"),
    "pictures": ("Pictures", "사진 수"),
    "deletion": ("Deletion", "삭제"),
    "insertion": ("Insertion", "삽입"),
    "of_random": ("of random maps", "무작위 맵"),
    "gain": ("Gain", "이득"),
    "interval": ("95 % interval", "95 % 신뢰 구간"),
    "better": ("Better", "더 나은가"),
    "too_few": ("too few pictures", "사진이 너무 적음"),
    "yes": ("yes", "예"),
    "no": ("no", "아니요"),
    "no_maps": (
        "The network has no layer with maps through which everything goes, so there is no class-activation map.",
        "모든 것이 지나가는 맵을 가진 층이 없어 클래스 활성화 맵이 없습니다.",
    ),
    "fields": ("How much of a picture one position sees", "한 위치가 사진을 얼마나 보나"),
    "fields_words": (
        "The frame is the receptive field of the position in the middle: what it can see. The colours are what counts "
        "in it, its mean absolute gradient over {n} pictures; below, in how much of the frame 90 % of it lie.",
        "테두리는 가운데 위치의 수용 영역, 곧 볼 수 있는 범위입니다. 색은 그 안에서 실제로 중요한 곳(사진 {n}장에 대한 "
        "그래디언트 절댓값의 평균)이고, 아래는 그 90 %가 테두리의 얼마 안에 있는지입니다.",
    ),
    "fields_words/1": (
        "The frame is the receptive field of the position in the middle: what it can see. The colours are what counts "
        "in it, its mean absolute gradient over 1 picture; below, in how much of the frame 90 % of it lie.",
        "테두리는 가운데 위치의 수용 영역, 곧 볼 수 있는 범위입니다. 색은 그 안에서 실제로 중요한 곳(사진 1장에 대한 "
        "그래디언트 절댓값의 평균)이고, 아래는 그 90 %가 테두리의 얼마 안에 있는지입니다.",
    ),
    "fields_name": ("Receptive fields", "수용 영역"),
    "fields_table": ("Every layer's receptive field", "층별 수용 영역"),
    "fields_caption": (
        "In pixels of the network's input, height × width. The size is that of a field which no padding cuts; the "
        "offset is where the first position's field begins; the middle is cut at the borders",
        "네트워크 입력의 픽셀 단위, 높이 × 너비. 크기는 패딩에 잘리지 않은 수용 영역의 것이고, 시작은 첫 위치의 수용 "
        "영역이 시작되는 곳이며, 가운데는 가장자리에서 잘린 범위입니다",
    ),
    "layer": ("Layer", "층"),
    "kind": ("Kind", "종류"),
    "maps": ("Maps", "맵"),
    "field": ("Field", "수용 영역"),
    "step": ("Step", "간격"),
    "offset": ("Offset", "시작"),
    "middle": ("The middle sees", "가운데가 보는 범위"),
    "unknown": ("unknown", "알 수 없음"),
    "sees_nothing": ("sees nothing", "아무것도 보지 않음"),
    "gates": ("whole picture through gates; {bare} without", "게이트를 거치면 사진 전체, 아니면 {bare}"),
    "whole": ("whole picture", "사진 전체"),
    "beyond": ("more than the picture shows", "사진보다 넓음"),
    "all": ("all", "전체"),
    "box": ("rows {top}–{bottom}, columns {left}–{right}", "행 {top}–{bottom}, 열 {left}–{right}"),
}
