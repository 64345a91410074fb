"""The reason codes of the ledger in a few words, in English and in Korean."""

from __future__ import annotations

from ..speech import LANGUAGES

CODES: dict[str, tuple[str, str]] = {
    "palette": ("palette became colours", "팔레트를 색으로 바꿈"),
    "alpha": ("transparency laid on white", "투명한 곳을 흰색으로 채움"),
    "cmyk": ("printing colours became RGB", "인쇄용 CMYK를 RGB로 바꿈"),
    "colour-space": ("other colours became RGB", "다른 색 공간을 RGB로 바꿈"),
    "16-bit": ("16 bits became 8", "16비트를 8비트로 바꿈"),
    "float": ("float pixels became bytes", "실수 픽셀을 바이트로 바꿈"),
    "first-frame": ("first of several pictures taken", "여러 장 중 첫 장만 사용"),
    "wrong-suffix": ("named as another format", "확장자가 내용과 다름"),
    "damaged-data": ("JPEG data damaged", "JPEG 데이터 손상"),
    "missing": ("there is no such file", "파일이 없음"),
    "broken-link": ("link leads nowhere", "끊어진 링크"),
    "unreadable": ("cannot be read", "읽을 수 없음"),
    "unread-format": ("format that is not read", "읽지 않는 형식"),
    "empty": ("empty file", "빈 파일"),
    "large-file": ("file too large", "파일이 너무 큼"),
    "not-an-image": ("not an image", "이미지가 아님"),
    "array-form": ("not an array of pixels", "픽셀 배열이 아님"),
    "wrong-channels": ("another number of channels", "채널 수가 다름"),
    "damaged-header": ("header damaged", "헤더 손상"),
    "no-pixels": ("no pixels", "픽셀이 없음"),
    "too-many-pixels": ("too many pixels", "픽셀이 너무 많음"),
    "truncated": ("ends early", "중간에 끊김"),
    "damaged": ("damaged", "손상됨"),
    "32-bit": ("32-bit pixels", "32비트 픽셀"),
    "float-range": ("float pixels outside 0…1", "0…1을 벗어난 실수 픽셀"),
    "out-of-memory": ("not enough memory", "메모리 부족"),
    "decoder-crashed": ("brought the decoder down", "디코더를 멈추게 함"),
    "too-slow": ("took too long to decode", "디코딩이 너무 오래 걸림"),
    "suspect-dropped": ("suspect, dropped as asked", "의심스러워 요청대로 제외"),
    "left-out": ("left out by a patch of labels", "레이블 패치로 제외"),
}


def code_words(code: str, language: str) -> str:
    """Return a reason code in a few words; the code itself when nothing is known of it."""
    known = CODES.get(code)
    return code if known is None else known[LANGUAGES.index("ko" if language == "ko" else "en")]
