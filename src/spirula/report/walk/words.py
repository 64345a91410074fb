"""The words around the numbers of a walk, in English and in Korean."""

from __future__ import annotations

from ..speech import Words

WORDS: Words = {
    # The page
    "walk": ("Walk through a network", "네트워크 따라가기"),
    "skip": ("Skip to the layers", "층으로 건너뛰기"),
    "contents": ("Contents", "차례"),
    "layers": ("Layers", "층"),
    "numbers": ("Where the number comes from", "이 수가 나온 과정"),
    "not_shown": ("What is not drawn", "그리지 않은 것"),
    "footer": (
        "Written by spirula {version}. This file is complete: it loads nothing and can be mailed as it is.",
        "spirula {version}에서 만든 파일입니다. 이 파일 하나로 완결되어 아무것도 내려받지 않으며, "
        "그대로 메일로 보낼 수 있습니다.",
    ),
    "needs_script": (
        "This page computes in your browser; it needs JavaScript switched on.",
        "이 페이지는 브라우저에서 계산합니다. JavaScript를 켜야 합니다.",
    ),
    "lead_class": (
        "{network} says {label} with {share}. Choose a layer, a map, a place: every number is taken apart into what it "
        "was computed from, back to the pixels.",
        "{network}의 답은 {label}, 확률 {share}입니다. 층과 맵, 위치를 고르면 "
        "그 수가 무엇으로 계산되었는지 픽셀까지 거슬러 보여 줍니다.",
    ),
    "lead_labels": (
        "{network} says {label}. Choose a layer, a map, a place: every number is taken apart into what it was computed "
        "from, back to the pixels.",
        "{network}의 답은 {label}입니다. 층과 맵, 위치를 고르면 "
        "그 수가 무엇으로 계산되었는지 픽셀까지 거슬러 보여 줍니다.",
    ),
    "this_network": ("This network", "이 네트워크"),
    "no_label": ("none of the labels", "해당 레이블 없음"),
    "views": (
        "The run's own answers are averaged over several views of a picture; this is the walk of one, the picture "
        "as it is.",
        "이 실행의 답은 사진을 여러 방식으로 본 평균입니다. 여기서는 그중 원래 사진 하나만 따라갑니다.",
    ),
    "labelled": ("labelled", "레이블:"),
    "picture_of": ("The picture as the network gets it", "네트워크가 받는 사진"),
    "step_up": ("One row up", "한 행 위로"),
    "step_down": ("One row down", "한 행 아래로"),
    "step_left": ("One column to the left", "한 열 왼쪽으로"),
    "step_right": ("One column to the right", "한 열 오른쪽으로"),
    "map_help": (
        "Point at a place, click to keep it, or use the arrow keys.",
        "위치를 가리키고 클릭하면 고정됩니다. 방향키로도 옮길 수 있습니다.",
    ),
    "maps_of": ("Feature maps of this layer", "이 층의 특성 맵"),
    "stages": ("What the large map shows", "큰 맵에 보일 단계"),
    "before": ("before", "이전"),
    # What is chosen
    "map": ("Map {number}", "{number}번 맵"),
    "unit": ("Number {number}", "{number}번 수"),
    "map_at": ("Map {number}, row {row}, column {column}", "{number}번 맵, {row}행 {column}열"),
    "spoken": (
        "Map {map}, row {row}, column {column}: {value}",
        "{map}번 맵, {row}행 {column}열: {value}",
    ),
    "maps_lead/1": ("The only map of this layer.", "이 층의 유일한 맵입니다."),
    "maps_lead": ("{n} maps on one scale.", "맵 {n}개, 모두 같은 색 척도입니다."),
    "scale_rising": ("Dark is 0, light is {limit} and more.", "어두운 색은 0, 밝은 색은 {limit} 이상입니다."),
    "scale_signed": (
        "Blue is below zero, white zero, brown above; the strongest colours begin at ±{limit}.",
        "파랑은 음수, 흰색은 0, 갈색은 양수이며 가장 짙은 색은 ±{limit}부터입니다.",
    ),
    "units_lead/1": ("One number.", "수 하나입니다."),
    "units_lead": ("A vector of {n} numbers.", "수 {n}개로 된 벡터입니다."),
    "maps_left": (
        "The {shown} most active are kept here; {left} are left out so that the page stays small.",
        "파일이 커지지 않도록 가장 활발한 {shown}개만 담고 {left}개는 뺐습니다.",
    ),
    "units_left": (
        "{shown} of them can be taken apart; {left} are left out so that the page stays small.",
        "그중 {shown}개의 계산을 볼 수 있고, 파일이 커지지 않도록 {left}개는 뺐습니다.",
    ),
    "grid_note": (
        "The arithmetic is kept for {n} of {of} places; the nearest of them is taken.",
        "전체 {of}곳 중 {n}곳의 계산을 담았습니다. 가장 가까운 곳이 선택됩니다.",
    ),
    "sees": ("It sees {rows} × {columns} pixels of the picture.", "사진에서 {rows} × {columns}픽셀을 봅니다."),
    "sees_all": ("It sees the whole picture.", "사진 전체를 봅니다."),
    "sees_unknown": (
        "Which part of the picture it sees cannot be said.",
        "사진의 어느 부분을 보는지 말할 수 없습니다.",
    ),
    "gated": (
        "Outlines leave out gates that are one number for a whole map: through them every place sees everything.",
        "테두리에는 맵 전체에 곱하는 게이트를 넣지 않았습니다. 게이트를 통해서는 모든 위치가 사진 전체를 봅니다.",
    ),
    "parameters/1": ("1 parameter", "매개변수 1개"),
    "parameters": ("{n} parameters", "매개변수 {n}개"),
    "shape_sum": ("Rows and columns:", "행과 열의 수:"),
    "outside": ("outside the map: zero", "맵 바깥: 0"),
    # Kinds
    "kind_input": ("Picture, scaled", "사진(값 조정)"),
    "kind_convolution": ("Convolution", "합성곱"),
    "kind_depthwise": ("Depthwise convolution", "깊이별 합성곱"),
    "kind_grouped": ("Grouped convolution", "그룹 합성곱"),
    "kind_linear_places": ("Dense, at every place", "완전 연결(위치마다)"),
    "kind_dense": ("Dense", "완전 연결"),
    "kind_max": ("Max pooling", "최대 풀링"),
    "kind_mean": ("Average pooling", "평균 풀링"),
    "kind_global_max": ("Largest of each map", "전역 최대 풀링"),
    "kind_global_mean": ("Mean of each map", "전역 평균 풀링"),
    "kind_add": ("Sum", "덧셈"),
    "kind_sub": ("Difference", "뺄셈"),
    "kind_mul": ("Product", "곱셈"),
    "kind_div": ("Quotient", "나눗셈"),
    "kind_min": ("Smaller of two", "둘 중 작은 값"),
    "kind_concatenation": ("Side by side", "이어 붙이기"),
    "kind_flatten": ("Flatten", "평탄화"),
    "kind_rearrangement": ("Rearranged", "재배열"),
    "kind_padding": ("Padding", "패딩"),
    "kind_softmax": ("Softmax", "소프트맥스"),
    "kind_sigmoid": ("Sigmoid", "시그모이드"),
    "kind_linear": ("The value", "값"),
    "norm_batch": ("Batch normalisation", "배치 정규화"),
    "norm_place": ("Layer normalisation", "층 정규화"),
    "norm_layer": ("Layer normalisation", "층 정규화"),
    "norm_group": ("Group normalisation", "그룹 정규화"),
    "stage_add": ("Add a constant", "상수 더하기"),
    "stage_sub": ("Subtract a constant", "상수 빼기"),
    "stage_mul": ("Times a constant", "상수 곱하기"),
    "stage_div": ("Divide by a constant", "상수로 나누기"),
    "stage_max": ("At least a constant", "상수 이상"),
    "stage_min": ("At most a constant", "상수 이하"),
    # One sentence each
    "says_input": (
        "Each pixel is scaled as in training: x = (pixel · scale − mean) ÷ deviation.",
        "각 픽셀을 학습 때와 같이 조정합니다. x = (픽셀 · 배율 − 평균) ÷ 표준편차.",
    ),
    "says_convolution": (
        "A window of {rows} × {columns} is multiplied, number by number, with the kernel; the products and the bias "
        "are added: y = Σ w · x + b.",
        "{rows} × {columns} 창의 값을 커널과 하나씩 곱해 모두 더하고 편향을 더합니다. y = Σ w · x + b.",
    ),
    "says_all_maps": (
        "Each output map has a kernel of its own for each of the {n} input maps.",
        "출력 맵마다 입력 맵 {n}개에 대한 커널을 따로 가집니다.",
    ),
    "says_all_maps/1": (
        "Each output map has a kernel of its own.",
        "출력 맵마다 커널이 따로 있습니다.",
    ),
    "says_group/1": (
        "An output map looks at one input map only.",
        "출력 맵 하나는 입력 맵 하나만 봅니다.",
    ),
    "says_group": (
        "An output map looks at {n} of the input maps only, those of its group.",
        "출력 맵 하나는 자기 그룹의 입력 맵 {n}개만 봅니다.",
    ),
    "says_stride": (
        "From one place to the next the window moves by {step}: the map gets smaller.",
        "창이 {step}칸씩 움직이므로 맵이 작아집니다.",
    ),
    "says_dilation": (
        "The window is spread: it takes every {step} pixels.",
        "창을 벌려 {step}픽셀마다 하나씩 봅니다.",
    ),
    "says_padding": ("Around the map lie zeros.", "맵 둘레는 0으로 채웁니다."),
    "says_dense": (
        "Every number of the vector is multiplied with a weight; the products and the bias are added: y = Σ w · x + b.",
        "벡터의 모든 수에 가중치를 곱해 더하고 편향을 더합니다. y = Σ w · x + b.",
    ),
    "says_max": ("The largest number under the window goes on.", "창 안에서 가장 큰 수가 다음으로 넘어갑니다."),
    "says_mean": ("The mean of the numbers under the window goes on.", "창 안 수들의 평균이 다음으로 넘어갑니다."),
    "says_add": ("Two values meet, place by place: y = a + b.", "두 값을 같은 자리끼리 더합니다. y = a + b."),
    "says_sub": ("Two values meet, place by place: y = a − b.", "두 값을 같은 자리끼리 뺍니다. y = a − b."),
    "says_mul": ("Two values meet, place by place: y = a · b.", "두 값을 같은 자리끼리 곱합니다. y = a · b."),
    "says_div": ("Two values meet, place by place: y = a ÷ b.", "두 값을 같은 자리끼리 나눕니다. y = a ÷ b."),
    "says_min": ("The smaller of two values goes on, place by place.", "같은 자리의 두 값 중 작은 것이 넘어갑니다."),
    "says_concatenation": (
        "The maps of several layers stand one behind the other; no number changes.",
        "여러 층의 맵을 차례로 이어 붙입니다. 수는 바뀌지 않습니다.",
    ),
    "says_rearrangement": ("The numbers change places; none changes.", "수의 자리만 바뀌고 값은 그대로입니다."),
    "says_alone": ("Every number is changed on its own.", "각 수를 따로 바꿉니다."),
    "says_unknown": (
        "This layer computes {operator}, which the page does not take apart. Its maps are PyTorch's.",
        "이 층은 {operator} 연산이며, 이 페이지에서 풀어 보이지 않습니다. 맵은 PyTorch가 계산한 그대로입니다.",
    ),
    "says_large": (
        "This layer is too large for a page: its numbers are not kept.",
        "이 층은 한 페이지에 담기에 너무 커서 수를 담지 않았습니다.",
    ),
    "says_softmax": (
        "Softmax makes probabilities of the last numbers: p = eᶻ ÷ Σ eᶻ, the sum over all classes.",
        "소프트맥스가 마지막 수들을 확률로 바꿉니다. p = eᶻ ÷ Σ eᶻ, 합은 모든 클래스에 걸칩니다.",
    ),
    "says_sigmoid": (
        "The sigmoid makes a probability of each number on its own: p = 1 ÷ (1 + e⁻ᶻ).",
        "시그모이드가 각 수를 따로 확률로 바꿉니다. p = 1 ÷ (1 + e⁻ᶻ).",
    ),
    "says_sigmoid_two": (
        "The sigmoid makes the probability of the second class of the one last number: p = 1 ÷ (1 + e⁻ᶻ). The first "
        "class has the rest.",
        "시그모이드가 마지막 수 하나를 둘째 클래스의 확률로 바꿉니다. p = 1 ÷ (1 + e⁻ᶻ). 나머지가 첫째 클래스입니다.",
    ),
    "says_linear": ("The last number is the answer.", "마지막 수가 그대로 답입니다."),
    # Lines
    "input_map": ("Input map {number}", "입력 맵 {number}번"),
    "window": ("values under the window", "창 안의 값"),
    "kernel": ("kernel", "커널"),
    "rest_maps/1": ("the other input map", "나머지 입력 맵 1개"),
    "rest_maps": ("the other {n} input maps together", "나머지 입력 맵 {n}개의 합"),
    "rest_inputs/1": ("the other input", "나머지 입력 1개"),
    "rest_inputs": ("the other {n} inputs together", "나머지 입력 {n}개의 합"),
    "rest_classes/1": ("the other class", "나머지 클래스 1개"),
    "rest_classes": ("the other {n} classes together", "나머지 클래스 {n}개의 합"),
    "unfold": ("Show all {n} input maps", "입력 맵 {n}개 모두 보기"),
    "fold": ("Show the strongest only", "가장 큰 것만 보기"),
    "by_place": (
        "The products added up over the maps, place by place: brown makes the number larger, blue smaller.",
        "곱을 맵 전체에 걸쳐 자리마다 더한 것입니다. 갈색은 수를 키우고 파랑은 줄입니다.",
    ),
    "bias": ("+ bias", "+ 편향"),
    "sum": ("Sum", "합"),
    "result": ("Result", "결과"),
    "winner": ("Largest, at row {row}, column {column}", "최댓값({row}행 {column}열)"),
    "window_sum": ("Sum of the window", "창의 합"),
    "divided": ("÷ {n} places", "÷ {n}칸"),
    "pixel": ("Pixel", "픽셀"),
    "scaled": ("Scaled", "배율 적용"),
    "standardized": ("Standardised", "표준화"),
    "padded": ("Added around the map", "맵 둘레에 채운 값"),
    "batch_statistics": (
        "μ and σ² are those of the training, not of this picture",
        "μ와 σ²는 이 사진이 아니라 학습 때의 값입니다",
    ),
    "dropout_nothing": (
        "drops numbers in training only; when predicting it does nothing",
        "학습 때만 값을 버립니다. 예측할 때는 아무것도 하지 않습니다",
    ),
    "flat_nothing": ("the same numbers, as a vector", "같은 수를 벡터로 봅니다"),
    "nothing": ("does nothing when predicting", "예측할 때는 아무것도 하지 않습니다"),
    "agrees": ("PyTorch computed the same:", "PyTorch의 계산과 같습니다:"),
    "differs": ("PyTorch computed another number:", "PyTorch의 계산과 다릅니다:"),
    "not_drawn": (
        "How it computes its numbers is not drawn; the layers after it go on from the numbers that PyTorch gave.",
        "계산 과정은 그리지 않았습니다. 다음 층은 PyTorch가 낸 수에서 이어집니다.",
    ),
    "no_window": (
        "The numbers that this place is computed from are not kept; choose another.",
        "이 위치의 계산에 쓰인 수는 담지 않았습니다. 다른 위치를 고르세요.",
    ),
    "goes_to": ("Goes on to", "다음으로"),
    "input": ("Input", "입력"),
    "value": ("Value", "값"),
    "weight": ("Weight", "가중치"),
    "product": ("Product", "곱"),
    "class_": ("Class", "클래스"),
    "shifted": (
        "The largest z is taken off all of them first, so that no number is too large; it cancels out.",
        "수가 너무 커지지 않도록 모든 z에서 가장 큰 z를 먼저 뺍니다. 결과는 같습니다.",
    ),
    "sum_of_all": ("Sum over all classes", "모든 클래스의 합"),
    # What is left out
    "unknown_lead": (
        "These operations are not taken apart. Their results are PyTorch's, and what follows is computed from them.",
        "다음 연산은 풀어 보이지 않습니다. 결과는 PyTorch의 것이고, 그 뒤는 이 결과로 계산합니다.",
    ),
    "too_large": ("too large for this page", "이 페이지에 담기에는 너무 큼"),
    "all_drawn": ("Every operation of this network is taken apart.", "이 네트워크의 모든 연산을 풀어 보였습니다."),
    "left_out": (
        "To keep the page small, only the most active maps of the larger layers are in it; all sums are complete all "
        "the same.",
        "파일 크기를 줄이려고 큰 층은 가장 활발한 맵만 담았습니다. 그래도 합은 모두 빠짐없이 계산됩니다.",
    ),
}
