"""The words around filters, exciting pictures and changes of pictures, in English and in Korean."""

from __future__ import annotations

from ..speech import Words

WORDS: Words = {
    # Filters: dead and alike
    "filters_lead": (
        "Every convolution is a set of small filters; each looks for one pattern and leaves one feature map.",
        "합성곱 층은 작은 필터의 모음입니다. 필터마다 무늬 하나를 찾아 특성 맵 하나를 남깁니다.",
    ),
    "idle_heading": ("Filters that do nothing, or the same", "아무것도 하지 않거나 같은 일을 하는 필터"),
    "idle_none": (
        "None of the {n} filters in {layers} is dead, and no two of a layer answer alike, over {samples}.",
        "{samples}으로 확인했습니다. {layers}의 필터 {n}개 중 죽은 필터는 없고, 같은 층에서 똑같이 반응하는 필터도 "
        "없습니다.",
    ),
    "idle_some": (
        "Of the {n} filters in {layers}, looked at over {samples}: dead {dead}, pairs of a layer alike {pairs}.",
        "{samples}으로 확인했습니다. {layers}의 필터 {n}개 중 죽은 필터가 {dead}개, 같은 층에서 닮은 쌍이 "
        "{pairs}개입니다.",
    ),
    "idle_list": ("Layer by layer", "층별로 보기"),
    "convolutions_n": ("{n} convolutions", "합성곱 층 {n}개"),
    "convolutions_n/1": ("1 convolution", "합성곱 층 1개"),
    "pictures_n": ("{n} pictures", "사진 {n}장"),
    "pictures_n/1": ("1 picture", "사진 1장"),
    "dead": ("{count} of {of} dead ({numbers})", "{of}개 중 {count}개가 죽음 ({numbers})"),
    "alike": ("{n} pairs alike ({groups})", "닮은 쌍 {n}개 ({groups})"),
    "alike/1": ("1 pair alike ({groups})", "닮은 쌍 1개 ({groups})"),
    "healthy": ("none dead, none alike", "죽은 필터와 닮은 필터 없음"),
    "idle_means": (
        "Dead: the answer, after normalisation and activation, never varies; all it can do is add a constant. "
        "Alike: the answers of two filters to the same places correlate by 0.99 or more, so one of them would do; "
        "= where their kernels are the same too, ≈ where only the answers are. Some of both are usual. Where half "
        "of a layer is dead, the learning rate it was trained with was too high; a layer with many alike could be "
        "narrower.",
        "죽은 필터: 정규화와 활성화 함수를 거친 반응이 한 번도 달라지지 않아 상수를 더하는 일밖에 못 합니다. 닮은 "
        "필터: 같은 자리에 대한 두 필터의 반응이 0.99 이상 상관되어 하나면 충분합니다. 커널까지 같으면 =, 반응만 "
        "같으면 ≈로 적습니다. 둘 다 조금씩은 흔합니다. 한 층의 절반이 죽었다면 학습률이 너무 높았던 것이고, 닮은 "
        "필터가 많은 층은 더 좁아도 됩니다.",
    ),
    "more": ("and {n} more", "외 {n}개"),
    # Kernels
    "kernels_heading": ("Kernels, layer by layer", "층별 커널"),
    "kernels_some": (
        "{shown} of {n} convolutions, evenly from the first to the last.",
        "합성곱 층 {n}개 중 처음부터 끝까지 고르게 {shown}개입니다.",
    ),
    "kernels_more": ("Any other layer", "다른 층"),
    "kernels_of": (
        "{n} kernels of {height} × {width}, {inputs} each",
        "{height} × {width} 커널 {n}개, 각각 {inputs}",
    ),
    "kernels_of/1": ("1 kernel of {height} × {width}, {inputs}", "{height} × {width} 커널 1개, {inputs}"),
    "inputs_n": ("{n} inputs", "입력 채널 {n}개"),
    "inputs_n/1": ("1 input", "입력 채널 1개"),
    "trained_spread": ("trained: mean {mean}, standard deviation {std}", "학습 후: 평균 {mean}, 표준편차 {std}"),
    "before_spread": ("before: mean {mean}, standard deviation {std}", "학습 전: 평균 {mean}, 표준편차 {std}"),
    "set_trained": ("trained", "학습 후"),
    "set_before": ("before training", "학습 전"),
    "shown_colours": ("weights of red, green and blue", "빨강, 초록, 파랑의 가중치"),
    "shown_one": ("weights", "가중치"),
    "shown_mean": ("weights, mean over {n} inputs", "가중치, 입력 채널 {n}개의 평균"),
    "shown_matrix": (
        "weights; a row for each filter, a column for each input",
        "가중치. 행은 필터, 열은 입력 채널",
    ),
    "grey_zero": ("mid-grey is 0, ±{limit} is white or black", "중간 회색이 0, ±{limit}이 흰색과 검은색"),
    "first_of": ("the first {shown} of {n}", "{n}개 중 처음 {shown}개"),
    "kernel": ("kernel {number}: {low} to {high}", "커널 {number}: {low}~{high}"),
    "kernel_dead": ("dead", "죽음"),
    "kernels_region": ("Kernels of {layer}", "{layer} 커널"),
    "histogram_region": ("Histogram of {layer}", "{layer} 히스토그램"),
    "too_large": (
        "Kernels of {height} × {width} are not drawn here.",
        "{height} × {width} 커널은 여기에 그리지 않습니다.",
    ),
    # Exciting pictures
    "exciting_heading": ("What excites it", "무엇에 반응하나"),
    "exciting_lead": (
        "The filters that answer most in some of the convolutions, and the pictures that each answers most "
        "strongly, of {samples} from the training split. Large: the patch that the filter sees there. Below it: "
        "where in the picture the patch lies.",
        "몇몇 합성곱 층에서 가장 활발한 필터와, 학습 데이터 {samples} 중 그 필터가 가장 강하게 반응한 사진입니다. "
        "큰 그림은 필터가 본 부분이고, 그 아래는 사진에서 그 부분이 있는 자리입니다.",
    ),
    "exciting_whole": (
        "Here a filter sees the whole picture; the ring is at the middle of what it sees.",
        "이 층의 필터는 사진 전체를 봅니다. 고리는 필터가 보는 범위의 한가운데입니다.",
    ),
    "exciting_sees": ("A filter sees {height} × {width} pixels.", "필터 하나가 {height} × {width}픽셀을 봅니다."),
    "exciting_more": ("Any other filter, with more pictures", "다른 필터, 더 많은 사진"),
    "filter_n": ("filter {number}", "필터 {number}"),
    "patch_alt": ("the patch of {file} ({label}), answer {value}", "{file}({label})의 한 부분, 반응 {value}"),
    "place_alt": ("rows {top}–{bottom}, columns {left}–{right}", "{top}–{bottom}행, {left}–{right}열"),
    # Robustness
    "changes_lead": (
        "The same {pictures} of {split}, changed more and more: moved, turned, blurred, paler, darker or lighter, "
        "noisier. Where a change has directions they take turns; what enters at the border repeats the border. "
        "Bands are 95 % intervals.",
        "{split}의 같은 {pictures}을 점점 더 바꾸었습니다. 옮기고, 돌리고, 흐리게 하고, 대비와 밝기를 바꾸고, "
        "잡음을 넣었습니다. 방향이 있는 변화는 번갈아 적용했고, 가장자리에서 새로 들어오는 자리는 가장자리를 "
        "되풀이합니다. 띠는 95 % 신뢰 구간입니다.",
    ),
    "changes_none_accuracy": (
        "Small changes do not hurt: none of them costs more accuracy than chance would.",
        "작은 변화에는 흔들리지 않습니다. 우연 이상으로 정확도가 떨어진 변화가 없습니다.",
    ),
    "changes_none_exact": (
        "Small changes do not hurt: with none of them fewer have every label right than by chance.",
        "작은 변화에는 흔들리지 않습니다. 모든 레이블을 맞힌 비율이 우연 이상으로 떨어진 변화가 없습니다.",
    ),
    "changes_none_error": (
        "Small changes do not hurt: with none of them the error grows by more than chance.",
        "작은 변화에는 흔들리지 않습니다. 우연 이상으로 오차가 커진 변화가 없습니다.",
    ),
    "changes_untried": (
        "No mild change was tried, so none is called a weakness.",
        "약한 변화는 시험하지 않아 약점을 꼽지 않습니다.",
    ),
    "weakest_accuracy": (
        "{what} the accuracy falls from {before} to {after} (difference {interval}, 95 % interval).",
        "{what} 정확도가 {before}에서 {after}로 떨어집니다(차이 {interval}, 95 % 신뢰 구간).",
    ),
    "weakest_exact": (
        "{what} those with every label right fall from {before} to {after} (difference {interval}, 95 % interval).",
        "{what} 모든 레이블을 맞힌 비율이 {before}에서 {after}로 떨어집니다(차이 {interval}, 95 % 신뢰 구간).",
    ),
    "weakest_error": (
        "{what} the mean absolute error grows from {before} to {after} (difference {interval}, 95 % interval).",
        "{what} 평균 절대 오차가 {before}에서 {after}(으)로 커집니다(차이 {interval}, 95 % 신뢰 구간).",
    ),
    "range": ("{low} to {high}", "{low}~{high}"),
    "weakest_is": ("Its weakest side:", "가장 약한 점:"),
    "what_shift": ("moved by {strength}", "{strength} 옮기면"),
    "what_rotate": ("turned by {strength}", "{strength} 돌리면"),
    "what_blur": ("blurred (standard deviation {strength}),", "표준편차 {strength}로 흐리면"),
    "what_contrast": ("at {strength} of its contrast", "대비를 {strength}배로 낮추면"),
    "what_lighter": ("when it is lighter ({strength} of the full range),", "밝기를 {strength} 올리면(전체 범위 기준)"),
    "what_darker": ("when it is darker ({strength} of the full range),", "밝기를 {strength} 내리면(전체 범위 기준)"),
    "what_noise": ("with noise of {strength} of the full range", "전체 범위의 {strength}만 한 잡음을 넣으면"),
    "remedy": (
        "Training with {option} would show it such pictures.",
        "{option} 옵션으로 학습하면 그런 사진을 보게 됩니다.",
    ),
    "remedy_had": (
        "It was trained with {option} already.",
        "이미 {option} 옵션으로 학습했습니다.",
    ),
    "remedy_none": (
        "No augmentation here makes such pictures: have some in the training data.",
        "이런 사진을 만드는 증강 옵션은 없습니다. 학습 데이터에 그런 사진을 넣으세요.",
    ),
    "changes_unmeasured": (
        "Not measured: with so large a network it would have taken long beside the training. This measures it:",
        "측정하지 않았습니다. 이렇게 큰 네트워크는 학습에 견주어 오래 걸립니다. 다음 명령으로 측정할 수 있습니다.",
    ),
    "changes_error_note": (
        "Where a change alters what is asked for (a position, an angle), the error says nothing against the network.",
        "변화가 정답 자체를 바꾸는 경우(위치, 각도 등)에는 오차가 커져도 네트워크의 잘못이 아닙니다.",
    ),
    "changes_failed": (
        "Not measured after the training: {reason}. This measures it:",
        "학습 뒤에 측정하지 못했습니다: {reason}. 다음 명령으로 측정할 수 있습니다.",
    ),
    "measure": ("Measure it", "측정하기"),
    "again": ("Other strengths, more pictures", "다른 세기, 더 많은 사진"),
    "kind_none": ("unchanged", "그대로"),
    "kind_shift": ("Moved", "옮김"),
    "kind_rotate": ("Turned", "돌림"),
    "kind_blur": ("Blurred", "흐림"),
    "kind_contrast": ("Contrast", "대비"),
    "kind_brightness": ("Brightness", "밝기"),
    "kind_noise": ("Noise", "잡음"),
    "axis_shift": ("pixels", "픽셀"),
    "axis_rotate": ("degrees", "도"),
    "axis_blur": ("standard deviation in pixels", "표준편차(픽셀)"),
    "axis_contrast": ("factor", "배율"),
    "axis_brightness": ("share of the full range", "전체 범위에 대한 비율"),
    "axis_noise": ("standard deviation, share of the range", "표준편차, 전체 범위에 대한 비율"),
    "pixels": ("{n}\u00a0pixels", "{n}픽셀"),
    "pixels/1": ("1\u00a0pixel", "1픽셀"),
    "accuracy": ("accuracy", "정확도"),
    "exact": ("every label right", "모두 맞힘"),
    "error": ("mean absolute error", "평균 절대 오차"),
    "probability_accuracy": ("mean probability of the true class", "정답 클래스의 평균 확률"),
    "probability_exact": ("mean probability of what is true of each label", "레이블별 정답의 평균 확률"),
    "point_accuracy": (
        "{strength}: {value} right ({interval}), probability of the true class {probability}",
        "{strength}: 정확도 {value}({interval}), 정답 클래스의 확률 {probability}",
    ),
    "point_exact": (
        "{strength}: {value} with every label right ({interval}), probability of what is true {probability}",
        "{strength}: 모두 맞힌 비율 {value}({interval}), 정답의 확률 {probability}",
    ),
    "point_error": (
        "{strength}: mean absolute error {value} ({interval})",
        "{strength}: 평균 절대 오차 {value}({interval})",
    ),
    "changes_figure_accuracy": ("Accuracy against the strength of changes", "변화의 세기에 따른 정확도"),
    "changes_figure_exact": (
        "Share with every label right against the strength of changes",
        "변화의 세기에 따른, 모든 레이블을 맞힌 비율",
    ),
    "changes_figure_error": ("Error against the strength of changes", "변화의 세기에 따른 오차"),
    "table_region": ("Changes as a table", "변화별 정확도 표"),
    "as_table": ("As a table", "표로 보기"),
    "table_caption_accuracy": (
        "{n} pictures each; Wilson's 95 % intervals",
        "사진 {n}장씩, 윌슨 95 % 신뢰 구간",
    ),
    "table_caption_exact": (
        "{n} pictures each; Wilson's 95 % intervals",
        "사진 {n}장씩, 윌슨 95 % 신뢰 구간",
    ),
    "table_caption_error": (
        "{n} pictures each; 95 % bootstrap intervals",
        "사진 {n}장씩, 부트스트랩 95 % 신뢰 구간",
    ),
    "head_change": ("Change", "변화"),
    "head_strength": ("Strength", "세기"),
    "head_accuracy": ("Accuracy", "정확도"),
    "head_interval": ("95 % interval", "95 % 신뢰 구간"),
    "head_exact": ("Every label right", "모두 맞힌 비율"),
    "head_error": ("Mean absolute error", "평균 절대 오차"),
    "head_probability_accuracy": ("Probability of the true class", "정답 클래스의 확률"),
    "head_probability_exact": ("Probability of what is true", "정답의 확률"),
    "head_layer": ("Layer", "층"),
    "split_test": ("the test split", "테스트 데이터"),
    "split_validation": ("the validation split", "검증 데이터"),
    "split_train": ("the training split", "학습 데이터"),
}
