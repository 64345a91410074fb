"""The words of how it learned: curves, epochs, the fitted output layer, the learning rate that was found."""

from __future__ import annotations

from ..speech import Words

WORDS: Words = {
    "imported": (
        "The network was imported as it is: how it learned is not known here.",
        "네트워크를 그대로 가져와서 어떻게 학습했는지는 알 수 없습니다.",
    ),
    "no_epoch": ("No epoch has finished yet.", "아직 끝난 에폭이 없습니다."),
    # The lead, sentence by sentence
    "epochs": ("{n}\u00a0epochs.", "{n}에폭 학습했습니다."),
    "epochs/1": ("1\u00a0epoch.", "1에폭 학습했습니다."),
    "ended": ("{n}\u00a0epochs; ended because {reason}.", "{n}에폭 학습했습니다({reason})."),
    "ended/1": ("1\u00a0epoch; ended because {reason}.", "1에폭 학습했습니다({reason})."),
    "reason_finished": ("all planned epochs were trained", "계획한 에폭을 모두 마침"),
    "reason_patience": ("the monitored metric no longer improved", "지켜본 지표가 더 나아지지 않아 멈춤"),
    "reason_interrupted": ("it was asked to stop", "중단 요청"),
    "reason_budget": ("the time budget ended", "정해 둔 시간이 다 됨"),
    "best": ("Epoch {epoch} is the best{by}{saved}.", "{by}{epoch}에폭이 가장 좋습니다{saved}."),
    "best_by": (" by {monitor}", "{monitor} 기준으로 "),
    "best_saved": ("; its weights are the saved model", ". 그 가중치가 저장된 모델입니다"),
    "start": ("Before the first step, on validation: {values}.", "첫 스텝 전, 검증에서: {values}."),
    "start_is_best": (
        "No epoch was better, so the saved model is that one.",
        "더 나은 에폭이 없어 이것이 저장된 모델입니다.",
    ),
    "not_validated": ("There was no validation split to watch.", "지켜볼 검증 데이터가 없었습니다."),
    "interpolation": (
        "The saved weights were chosen between those of the start and of the best epoch: {taken} ({monitor} at "
        "{values}).",
        "저장된 가중치는 시작할 때와 가장 좋은 에폭의 가중치 사이에서 골랐습니다. {taken}({monitor}: {values}).",
    ),
    "taken_start": ("they are those of the start", "시작할 때의 가중치입니다"),
    "taken_best": ("they are those of the best epoch", "가장 좋은 에폭의 가중치입니다"),
    "taken_between": (
        "they lie {share} of the way from the start to the best epoch",
        "시작에서 가장 좋은 에폭 쪽으로 {share} 지점입니다",
    ),
    # The output layer that was fitted at once
    "fitted": ("The output layer on frozen features", "고정된 특성 위의 출력층"),
    "fitted_words": (
        "{parameters} parameters were fitted on what {backbone} makes of each picture{weights}. C = {strength}: "
        "{reason}.",
        "{backbone}이(가) 사진마다 뽑아낸 특성으로 파라미터 {parameters}개를 맞췄습니다{weights}. C = {strength}: "
        "{reason}.",
    ),
    "fitted_weights": (" (weights: {name}, SHA-256 {sha256}…)", "(가중치: {name}, SHA-256 {sha256}…)"),
    "strengths": ("Strengths tried", "시도한 강도"),
    "strengths_caption": (
        "Strengths of the L2 penalty that were tried: the smaller C, the more it holds back",
        "시도한 L2 규제의 강도. C가 작을수록 강하게 규제합니다",
    ),
    "strength": ("C", "C"),
    "held_out_loss": ("Held-out loss", "평가 손실"),
    "chosen": ("chosen", "선택"),
    # The range test
    "rate": ("How the learning rate was found", "학습률을 찾은 방법"),
    "rate_words": (
        "{found}: {reason}. A range test of {steps} steps on a copy of the network, before the training.",
        "{found}: {reason}. 학습 전에 네트워크의 복사본으로 {steps}스텝 동안 범위를 시험했습니다.",
    ),
    # The table
    "table": ("Every epoch as a table", "에폭별 표"),
    "table_name": ("Epochs", "에폭"),
    "caption": ("One row per epoch", "에폭마다 한 줄"),
    "caption_best": ("One row per epoch; the best is marked", "에폭마다 한 줄. 가장 좋은 에폭을 표시했습니다"),
    "epoch": ("Epoch", "에폭"),
    "loss": ("Loss", "손실"),
    "accuracy": ("Accuracy", "정확도"),
    "mae": ("Mean absolute error", "평균 절대 오차"),
    "rmse": ("Root mean squared error", "평균 제곱근 오차"),
    "learning_rate": ("Learning rate", "학습률"),
    "validation_of": ("Validation {measure}", "검증 {measure}"),
    "penalty": ("Penalty", "규제 항"),
    "seconds": ("Time", "시간"),
    "images_per_second": ("Per second", "초당 개수"),
    "marked": ("best", "최고"),
}
