"""The words around the sections: their titles, the way through the page, its last line."""

from __future__ import annotations

from ..speech import Words

WORDS: Words = {
    "title": ("{name} · spirula report", "{name} · spirula 보고서"),
    "skip": ("Skip to the results", "결과로 건너뛰기"),
    "contents": ("Contents", "차례"),
    "summary": ("Summary", "요약"),
    "footer": (
        "Written by spirula {version}. This file is complete: it loads nothing and can be mailed as it is.",
        "spirula {version}에서 만든 파일입니다. 이 파일 하나로 완결되어 아무것도 내려받지 않으며, "
        "그대로 메일로 보낼 수 있습니다.",
    ),
    "unreadable": ("{error}", "이 부분은 읽을 수 없어 비워 두었습니다. {error}"),
    "failure": ("Why it failed", "실패한 이유"),
    "verdict": ("Verdict", "판정"),
    "split": ("Results: {split}", "결과: {split}"),
    "results": ("Results", "결과"),
    "no_results": ("No split has been evaluated yet.", "아직 평가한 데이터가 없습니다."),
    "folds": ("The folds", "폴드별 결과"),
    "learning": ("Learning curves", "학습 곡선"),
    "growth": ("Will more help?", "데이터를 더 모으면 나아질까"),
    "data": ("The data", "데이터"),
    "network": ("The network", "네트워크"),
    "learned": ("What it learned", "무엇을 배웠나"),
    "filters": ("Filter by filter", "필터별로 보기"),
    "looks": ("Where it looks", "어디를 보나"),
    "map": ("Map", "지도"),
    "trust": ("How far to trust it", "얼마나 믿을 수 있나"),
    "robustness": ("When the picture changes", "사진이 바뀌면"),
    "inputs": ("What the network gets", "네트워크가 받는 사진"),
    "timing": ("Time and machine", "시간과 컴퓨터"),
    "use": ("Use it", "사용하기"),
    "provenance": ("Provenance", "출처와 설정"),
}
