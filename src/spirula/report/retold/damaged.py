"""Why a section cannot be shown: a file of the run folder that is missing, damaged or of another run."""

from __future__ import annotations

from collections.abc import Mapping

DAMAGED: Mapping[str, str] = {
    "{path} cannot be read: {reason}\n"
    "  → The run may be unfinished (spirula train --resume RUN) or its files changed.": (
        "{path} 파일을 읽을 수 없습니다: {reason}\n"
        "  → 학습이 끝나지 않았거나(spirula train --resume RUN) 파일이 바뀌었습니다."
    ),
    "The arrays of {run} do not fit: {error}\n  → Their files [were changed|changed].": (
        "{run}의 배열이 서로 맞지 않습니다: {error}\n  → 파일이 바뀌었습니다."
    ),
    "The thumbnails of this run do not fit: {error}\n  → Their file was changed.": (
        "이 실행의 축소판 사진이 서로 맞지 않습니다: {error}\n  → 파일이 바뀌었습니다."
    ),
    "{path} does not fit the run: {error}\n  → Its file changed.": (
        "{path} 파일이 이 실행과 맞지 않습니다: {error}\n  → 파일이 바뀌었습니다."
    ),
}
