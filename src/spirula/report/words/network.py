"""The words of the network: its layers, totals and diagram."""

from __future__ import annotations

from ..speech import Words

WORDS: Words = {
    "missing": ("No description of the network was stored.", "저장된 네트워크 설명이 없습니다."),
    "parameters": ("Parameters", "파라미터"),
    "trainable": ("Trainable", "학습되는 파라미터"),
    "multiply_adds_each": ("Multiply-adds per sample", "샘플당 곱셈-덧셈"),
    "size": ("Size in float32", "float32 크기"),
    "layers": ("Layers", "층"),
    "caption": (
        "Layer by layer. Receptive field: how many input pixels one output value sees.",
        "층별 구성. 수용 영역: 출력값 하나가 보는 입력 픽셀 수.",
    ),
    "layer": ("Layer", "층"),
    "kind": ("Kind", "종류"),
    "output": ("Output", "출력"),
    "multiply_adds": ("Multiply-adds", "곱셈-덧셈"),
    "field": ("Receptive field", "수용 영역"),
    "stride": ("Stride", "스트라이드"),
    "all": ("all", "전체"),
    "fixed": ("fixed", "고정"),
    "total": ("Total", "합계"),
    "no_layers": ("The table of the layers was not stored.", "저장된 층 표가 없습니다."),
    "diagram": ("The network, from input to output", "입력에서 출력까지의 네트워크"),
    "diagram_name": ("Diagram of the network", "네트워크 그림"),
    "diagram_alt": (
        "Diagram of the network; the table above says the same.",
        "네트워크 그림. 위의 표와 같은 내용입니다.",
    ),
    "notation": ("As text, for --model", "--model에 쓰는 텍스트"),
}
