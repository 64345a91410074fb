"""The words of the page of a comparison."""

from __future__ import annotations

from ..speech import Words

WORDS: Words = {
    "title": ("{base} and {n} others · spirula", "{base} 외 {n}개 비교 · spirula"),
    "title/1": ("{base} and 1 other · spirula", "{base} 외 1개 비교 · spirula"),
    "skip": ("Skip to the results", "결과로 건너뛰기"),
    "contents": ("Contents", "차례"),
    "summary": ("Summary", "요약"),
    "comparison": ("Comparison", "비교"),
    "accuracy": ("accuracy", "정확도"),
    "exact match": ("exact match", "완전 일치"),
    "mean absolute error": ("mean absolute error", "평균 절대 오차"),
    "lead": (
        "{measure} on the same {count} samples of {split}, one by one.",
        "같은 {split} 샘플 {count}개를 하나씩 비교한 {measure}.",
    ),
    "numbers": ("Numbers", "수치"),
    "caption_shares": (
        "Differences are what a run has more than {base}, with the interval that holds the true difference in 95 of "
        "100 "
        "such samples (Newcombe, paired) and McNemar's exact test",
        "차이는 {base}보다 얼마나 많은지이며, 이런 표본 100번 중 95번은 참 차이를 담는 신뢰 구간(뉴컴, 대응 표본)과 "
        "맥니마 정확 검정을 함께 보입니다",
    ),
    "caption_errors": (
        "Differences are what a run has more than {base}, with the interval that holds the true difference in 95 of "
        "100 "
        "such samples (paired bootstrap)",
        "차이는 {base}보다 얼마나 많은지이며, 이런 표본 100번 중 95번은 참 차이를 담는 신뢰 구간(대응 부트스트랩)을 "
        "함께 보입니다",
    ),
    "together_shares": (
        "Copies and groups are not independent: the {n} samples are {atoms} that stand alone or belong together. The "
        "intervals count as many samples as say as much of the difference, and p is of a sign test in which what "
        "belongs together has one sign.",
        "복사본과 그룹은 서로 독립이 아닙니다. 샘플 {n}개는 따로 있거나 함께 묶인 것이 {atoms}개입니다. 신뢰 구간은 "
        "차이에 대해 같은 만큼을 말해 주는 독립 샘플 수로 세고, p는 함께 묶인 것이 같은 부호를 갖는 부호 검정의 "
        "값입니다.",
    ),
    "together_errors": (
        "Copies and groups are not independent: the {n} samples are {atoms} that stand alone or belong together, and "
        "what belongs together is drawn together.",
        "복사본과 그룹은 서로 독립이 아닙니다. 샘플 {n}개는 따로 있거나 함께 묶인 것이 {atoms}개이며, 함께 묶인 것은 "
        "함께 추출합니다.",
    ),
    "run": ("Run", "실행"),
    "points": ("Points", "차이(%p)"),
    "difference": ("Difference", "차이"),
    "interval": ("95 % interval", "95 % 신뢰 구간"),
    "range": ("{low} to {high}", "{low} ~ {high}"),
    "fixed": ("Fixed", "고침"),
    "broken": ("Broken", "망침"),
    "p": ("p", "p"),
    "verdict": ("Verdict", "판정"),
    "base": ("base", "기준"),
    "better": ("better", "나음"),
    "worse": ("worse", "못함"),
    "not distinguishable": ("not distinguishable", "구별할 수 없음"),
    "no samples": ("no samples", "샘플 없음"),
    "changes": ("{fixed} fixed, {broken} broken: {verdict}.", "{fixed}개 고침, {broken}개 망침: {verdict}."),
    "verdict_alone": ("{verdict}.", "{verdict}."),
    "nearer": ("Nearer to the truth", "참값에 가까워짐"),
    "farther": ("Farther from it", "참값에서 멀어짐"),
    "kind": ("{title} ({n})", "{title} ({n})"),
    "legend_shares": (
        "true | what {base} said → what {run} says, the surest first",
        "실제 | {base}의 답 → {run}의 답, 확신이 큰 순서",
    ),
    "legend_errors": (
        "the truth | what {base} said → what {run} says, largest change first",
        "참값 | {base}의 답 → {run}의 답, 변화가 큰 순서",
    ),
    "shown": ("; {shown} of {n}", ". {n}개 중 {shown}개"),
    "alt": ("True: {label}, before: {before}, after: {after}", "실제: {label}, 전: {before}, 후: {after}"),
    "none": ("None.", "없습니다."),
    "no_pictures": ("No pictures: {problem}", "사진을 보일 수 없습니다. {problem}"),
    "footer": (
        "Written by spirula {version}. This file is complete: it loads nothing and can be mailed as it is.",
        "spirula {version}에서 만든 파일입니다. 이 파일 하나로 완결되어 아무것도 내려받지 않으며, 그대로 메일로 보낼 "
        "수 "
        "있습니다.",
    ),
}
