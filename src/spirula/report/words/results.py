"""The words of the results of one split: numbers, mix-ups, classes, mistakes, calibration."""

from __future__ import annotations

from ..speech import Words

WORDS: Words = {
    "purpose_test": (
        "Held out until the end: nothing about the network was chosen by looking at it.",
        "끝까지 따로 둔 데이터로, 네트워크를 정하는 데 쓰지 않았습니다.",
    ),
    "purpose_out-of-fold": (
        "Every sample, as the network of that fold said that had never seen it nor what belongs with it.",
        "샘플마다 그 샘플과 그에 딸린 것을 본 적 없는 폴드의 네트워크가 답한 결과입니다.",
    ),
    "purpose_validation": (
        "Not trained on, but used to choose the best epoch: slightly flattering.",
        "학습에 쓰지는 않았지만 가장 좋은 에폭을 고르는 데 써서 조금 좋게 나옵니다.",
    ),
    "purpose_train": (
        "Trained on: tells how much was memorised, not how well it does on something new.",
        "학습에 쓴 데이터라 얼마나 외웠는지만 보여 줍니다. 새로운 데이터에서의 성능이 아닙니다.",
    ),
    "views": (
        "Averaged over {words} (test_views = {name}); the curves are not.",
        "{words}의 평균입니다(test_views = {name}). 학습 곡선은 평균이 아닙니다.",
    ),
    "empty": ("There is nothing in this split.", "이 분할에는 아무것도 없습니다."),
    # Numbers
    "numbers": ("Numbers", "수치"),
    "numbers_of": ("Numbers, {split}", "수치, {split}"),
    "numbers_caption": (
        "Each with the interval that holds the true value in 95 of 100 such samples",
        "이런 표본 100번 중 95번은 참값을 담는 신뢰 구간과 함께",
    ),
    "together": (
        "Copies and groups are not independent: the {samples} samples are {atoms} that stand alone or belong together, "
        "and for the intervals what belongs together is drawn together.",
        "복사본과 그룹은 서로 독립이 아닙니다. 샘플 {samples}개는 따로 있거나 함께 묶인 것이 {atoms}개이며, 신뢰 "
        "구간에서는 함께 묶인 것을 함께 추출합니다.",
    ),
    "together_effective": (
        "Copies and groups are not independent: the {samples} samples are {atoms} that stand alone or belong together. "
        "They count as {effective} for the interval of the {measure} (Wilson's, with Kish's effective sample size), "
        "and those of single classes are made likewise; for the others of this table, what belongs together is drawn "
        "together.",
        "복사본과 그룹은 서로 독립이 아닙니다. 샘플 {samples}개는 따로 있거나 함께 묶인 것이 {atoms}개입니다. "
        "{measure}의 신뢰 구간(윌슨, 키시의 유효 표본 크기)에서는 {effective}개로 세고 클래스별 신뢰 구간도 같은 "
        "방식으로 구하며, 이 표의 다른 신뢰 구간에서는 함께 묶인 것을 함께 추출합니다.",
    ),
    "measure": ("Measure", "지표"),
    "value": ("Value", "값"),
    "interval": ("95 % interval", "95 % 신뢰 구간"),
    "exact_match": ("Exact match", "완전 일치"),
    "exact_match_means": ("share with every label right", "모든 레이블을 맞힌 비율"),
    "accuracy": ("Accuracy", "정확도"),
    "label_accuracy": ("Label accuracy", "레이블 정확도"),
    "accuracy_means": ("share that is right", "맞힌 비율"),
    "top5_accuracy": ("Top-5 accuracy", "상위 5 정확도"),
    "top5_accuracy_means": (
        "share whose class is among the five most probable",
        "확률이 높은 다섯 클래스 안에 정답이 있는 비율",
    ),
    "balanced_accuracy": ("Balanced accuracy", "균형 정확도"),
    "balanced_accuracy_means": ("mean recall: every class counts the same", "재현율의 평균. 모든 클래스를 똑같이 셈"),
    "macro_f1": ("Macro F1", "매크로 F1"),
    "macro_f1_means": ("mean F1 of the classes", "클래스별 F1의 평균"),
    "macro_f1_means_labels": ("mean F1 of the labels", "레이블별 F1의 평균"),
    "weighted_f1": ("Weighted F1", "가중 F1"),
    "weighted_f1_means": ("mean F1, weighted by how often a class occurs", "클래스의 빈도로 가중한 F1의 평균"),
    "micro_f1": ("Micro F1", "마이크로 F1"),
    "micro_f1_means": ("F1 of all decisions together", "모든 판정을 합친 F1"),
    "mean_average_precision": ("Mean average precision", "평균 정밀도의 평균(mAP)"),
    "mean_average_precision_means": ("ranking quality, whatever the threshold", "임곗값과 무관한 순위의 품질"),
    "roc_auc": ("ROC AUC", "ROC AUC"),
    "roc_auc_means": (
        "how often the second class is ranked above the first",
        "둘째 클래스를 첫째보다 높게 매긴 비율",
    ),
    "comparison": ("For comparison", "비교 기준"),
    "comparison_means": (
        "accuracy of always naming the most frequent class",
        "가장 흔한 클래스로만 답할 때의 정확도",
    ),
    "loss": ("Loss", "손실"),
    "loss_means": ("mean cross-entropy, in nats", "교차 엔트로피의 평균(단위 nat)"),
    "calibration_error": ("Calibration error", "보정 오차"),
    "calibration_error_means": (
        "mean distance between confidence and accuracy",
        "확신도와 정확도의 평균 거리",
    ),
    "mae": ("Mean absolute error", "평균 절대 오차"),
    "mae_means": ("how far off, on average", "평균적으로 벗어난 정도"),
    "rmse": ("Root mean squared error", "평균 제곱근 오차"),
    "rmse_means": ("as above, large errors weigh more", "위와 같되 큰 오차의 비중이 큼"),
    "bias": ("Bias", "치우침"),
    "bias_means": (
        "mean of predicted minus true: above 0, it predicts too much",
        "예측값 − 실제값의 평균. 0보다 크면 높게 예측함",
    ),
    "r2": ("R²", "R²"),
    "r2_means": ("share of the variance that is explained", "설명되는 분산의 비율"),
    # Mix-ups
    "confusion": ("What is taken for what", "무엇을 무엇으로 보았나"),
    "confusion_of": ("Confusion matrix, {split}", "혼동 행렬, {split}"),
    "confusion_title": ("Confusion matrix, {split} {noun}", "혼동 행렬, {split} {noun}"),
    "confusion_note": (
        "The {n} of {of} classes with the most mix-ups, among themselves.",
        "클래스 {of}개 중 가장 많이 혼동된 {n}개 사이의 결과입니다.",
    ),
    "recognised": ("recognised", "맞힘"),
    "mistaken": (
        "mistaken; stronger: a larger share of the row, each colour on its own scale",
        "혼동. 진할수록 행에서 차지하는 비율이 크며, 색마다 척도가 다릅니다",
    ),
    "confusion_caption": (
        "Rows: the true class. Columns: what the network said.",
        "행: 실제 클래스. 열: 네트워크의 답.",
    ),
    "true_class": ("True class", "실제 클래스"),
    "pairs": ("Most frequent mix-ups", "가장 잦은 혼동"),
    "pairs_of": ("Most frequent mix-ups, {split}", "가장 잦은 혼동, {split}"),
    "taken_for": ("Taken for", "네트워크의 답"),
    "how_many": ("How many", "개수"),
    "of_class": ("Of this class", "클래스에서의 비율"),
    "no_pairs": (
        "No mix-ups: every one of these {noun} was recognised.",
        "혼동이 없습니다. 이 {noun}을 모두 맞혔습니다.",
    ),
    # Classes
    "classes": ("Classes one by one", "클래스별 결과"),
    "labels": ("Labels one by one", "레이블별 결과"),
    "classes_of": ("Classes, {split}", "클래스별 결과, {split}"),
    "labels_of": ("Labels, {split}", "레이블별 결과, {split}"),
    "classes_caption": (
        "Precision: how often it is right when it names the class. Recall: how many of the class's {noun} it finds. "
        "F1: "
        "both together. Small, and as a line from {floor} to 100 %: the 95 % interval.",
        "정밀도: 그 클래스라고 답했을 때 맞은 비율. 재현율: 그 클래스의 {noun} 중 찾아낸 비율. F1: 둘을 합친 값. "
        "작은 글씨와 {floor}~100 % 선은 95 % 신뢰 구간입니다.",
    ),
    "labels_caption": (
        "Precision: how often it is right when it names the label. Recall: how many of the label's {noun} it finds. "
        "F1: "
        "both together. Small, and as a line from {floor} to 100 %: the 95 % interval.",
        "정밀도: 그 레이블이라고 답했을 때 맞은 비율. 재현율: 그 레이블의 {noun} 중 찾아낸 비율. F1: 둘을 합친 값. "
        "작은 글씨와 {floor}~100 % 선은 95 % 신뢰 구간입니다.",
    ),
    "class": ("Class", "클래스"),
    "label": ("Label", "레이블"),
    "precision": ("Precision", "정밀도"),
    "recall": ("Recall", "재현율"),
    "f1": ("F1", "F1"),
    "average_precision": ("Average precision", "평균 정밀도(AP)"),
    "none": ("none", "없음"),
    # Mistakes
    "mistakes": ("The most confident mistakes", "가장 확신한 실수"),
    "worst": ("The worst predictions", "가장 크게 벗어난 예측"),
    "mistakes_legend": (
        "true | {predicted}, how sure, file. Confident mistakes are often wrong labels: look here first.",
        "실제 | {predicted}, 확신도, 파일. 확신한 실수는 레이블이 틀린 경우가 많으니 여기부터 보세요.",
    ),
    "predicted": ("predicted", "예측"),
    "worst_legend": ("true value | {prediction}, largest error first", "실제값 | {prediction}, 오차가 큰 순서"),
    "prediction": ("prediction", "예측값"),
    "mistake_alt": ("True: {label}, predicted: {predicted}", "실제: {label}, 예측: {predicted}"),
    "off_by": ("off by {error}", "오차 {error}"),
    "more": ("{n} more", "{n}개 더 보기"),
    "no_mistakes": ("No mistakes were stored for this split.", "이 분할에는 저장된 실수가 없습니다."),
}
