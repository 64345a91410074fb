"""The words of the top of the report."""

from __future__ import annotations

from ..speech import Words

WORDS: Words = {
    # The title: what the network is, and what it does with which data
    "custom": ("A custom network", "직접 만든 네트워크"),
    "its_data": ("its data", "데이터"),
    "a_file": ("a file", "파일"),
    "learned": ("{model} learned {source}", "{model}: {source} 학습"),
    "is_learning": ("{model} is learning {source}", "{model}: {source} 학습 중"),
    "was_learning": ("{model} was learning {source}", "{model}: {source} 학습 중 멈춤"),
    "imported": ("{model} was imported from {origin}", "{model}: {origin}에서 가져옴"),
    # The headline
    "right": ("of {of} right", "{of} 중 맞힌 비율"),
    "every_label_right": ("of {of} with every label right", "{of} 중 레이블을 모두 맞힌 비율"),
    "average_error": ("average error over {of}", "{of}의 평균 오차"),
    "interval": ("95 % interval {interval}", "95 % 신뢰 구간 {interval}"),
    "not_evaluated": ("No split has been evaluated yet.", "아직 평가한 데이터가 없습니다."),
    # The state of the run
    "finished": ("Finished", "완료"),
    "running": ("Running", "진행 중"),
    "interrupted": ("Interrupted", "중단됨"),
    "failed": ("Failed", "실패"),
    "finished_words": ("The training finished.", "학습이 끝났습니다."),
    "running_words": (
        "The training is still under way: this is what is known so far.",
        "학습이 아직 진행 중입니다. 지금까지 알려진 내용입니다.",
    ),
    "interrupted_words": ("The training was interrupted before its end.", "학습이 끝나기 전에 중단되었습니다."),
    "failed_words": ("The training failed before its end.", "학습이 끝나기 전에 실패했습니다."),
    "other_words": ("Status: {status}.", "상태: {status}."),
    "resume": ("Go on", "이어서 학습"),
    # Parts that could not be made; their names are those of the checks
    "left_out": ("Not in this report: {parts} ({reason})", "이 보고서에 없는 부분: {parts} ({reason})"),
    # The badge
    "badge_imported": ("Imported", "가져온 모델"),
    "badge_imported_words": (
        "Not trained here, but taken over with its weights from {file}.",
        "여기서 학습하지 않고 가중치까지 {file}에서 가져왔습니다.",
    ),
    "badge_verified": ("Verified", "검증됨"),
    "badge_verified_words": (
        "A fresh process loaded the saved model and got the numbers that training had logged.",
        "새 프로세스에서 저장된 모델을 불러와 학습 때 기록한 수치를 다시 얻었습니다.",
    ),
    "badge_failed": ("Verification failed", "검증 실패"),
    "badge_failed_words": (
        "A fresh process loaded the saved model and got other numbers than training had logged: do not use it.",
        "새 프로세스에서 저장된 모델을 불러오니 학습 때 기록한 수치와 다릅니다. 사용하지 마세요.",
    ),
    "badge_open": ("Not verified", "검증 안 됨"),
    "badge_open_words": (
        "The saved model has not been reloaded in a fresh process to repeat these numbers.",
        "저장된 모델을 새 프로세스에서 불러와 이 수치를 확인하지 않았습니다.",
    ),
    # The tiles
    "tile_folds": ("Folds", "폴드"),
    "tile_best": ("Best epoch", "가장 좋은 에폭"),
    "best_of": ("{epoch} of {last}", "{epoch} / {last}"),
    "none_of": ("none of {last}", "없음 / {last}"),
    "tile_training": ("Training", "학습 시간"),
    "images_per_second": ("{n} images/s", "초당 사진 {n}장"),
    "samples_per_second": ("{n} samples/s", "초당 샘플 {n}개"),
    "tile_parameters": ("Parameters", "파라미터"),
    "multiply_adds": ("{n} multiply-adds", "곱셈-덧셈 {n} 번"),
    "tile_device": ("Device", "장치"),
    "tile_error": ("{split} error", "{split} 오차"),
    "tile_exact": ("{split} exact match", "{split} 완전 일치"),
    "tile_accuracy": ("{split} accuracy", "{split} 정확도"),
    "tile_interval": ("95\u202f%: {interval}", "95\u202f%: {interval}"),
    # The points
    "in_short": ("In short", "요점"),
    "leak_images/1": (
        "Of the {of} {split} images, 1 has a copy in training: the {split} figures flatter the network",
        "{split} 사진 {of}장 중 1장의 복사본이 학습 사진에 있어 {split} 수치가 실제보다 좋게 나옵니다",
    ),
    "leak_images": (
        "Of the {of} {split} images, {n} have a copy in training: the {split} figures flatter the network",
        "{split} 사진 {of}장 중 {n}장의 복사본이 학습 사진에 있어 {split} 수치가 실제보다 좋게 나옵니다",
    ),
    "leak_samples/1": (
        "Of the {of} {split} samples, 1 has a copy in training: the {split} figures flatter the network",
        "{split} 샘플 {of}개 중 1개의 복사본이 학습 샘플에 있어 {split} 수치가 실제보다 좋게 나옵니다",
    ),
    "leak_samples": (
        "Of the {of} {split} samples, {n} have a copy in training: the {split} figures flatter the network",
        "{split} 샘플 {of}개 중 {n}개의 복사본이 학습 샘플에 있어 {split} 수치가 실제보다 좋게 나옵니다",
    ),
    "weakest": ("Weakest class: {name}, F1 {f1}", "가장 약한 클래스: {name}, F1 {f1}"),
    "mixed": (
        "Most frequent mix-up: {true} taken for {predicted}, {n}\u00a0times ({share})",
        "가장 잦은 혼동: {true} → {predicted}, {n}번({share})",
    ),
    "mixed/1": (
        "Most frequent mix-up: {true} taken for {predicted}, 1\u00a0time ({share})",
        "가장 잦은 혼동: {true} → {predicted}, 1번({share})",
    ),
    "calibration": (
        "Its confidence is off by {points} points on average",
        "확신도가 실제 정확도와 평균 {points}%p 어긋납니다",
    ),
    "explains": ("Explains {share} of the variance (R²)", "분산의 {share}를 설명합니다(R²)"),
    "too_high": (
        "Its values are too high, by {bias} on average",
        "예측값이 평균 {bias}만큼 높습니다",
    ),
    "too_low": (
        "Its values are too low, by {bias} on average",
        "예측값이 평균 {bias}만큼 낮습니다",
    ),
    "memorises": (
        "{points} points better on the training {noun} than on validation: it memorises",
        "학습 {noun}에서 검증보다 {points}%p 높습니다. 외우고 있습니다",
    ),
    "stopped_patience": ("Stopped when validation no longer improved", "검증 결과가 나아지지 않아 멈췄습니다"),
    "stopped_budget": ("Ended by its time budget", "정해 둔 시간이 다 되어 끝났습니다"),
}
