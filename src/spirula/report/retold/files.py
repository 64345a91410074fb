"""What became of a file on reading; see :data:`spirula.data.pictures.ledger.CODES`."""

from __future__ import annotations

from collections.abc import Mapping

FILES: Mapping[str, str] = {
    "its palette became colours": "팔레트를 색으로 바꿈",
    "its transparency was laid on white": "투명한 곳을 흰색으로 채움",
    "its printing colours (CMYK) became RGB": "인쇄용 CMYK를 RGB로 바꿈",
    "its colours ({mode}) became RGB": "색 공간({mode})을 RGB로 바꿈",
    "its 16 bits became 8: 65535 is white": "16비트를 8비트로 바꿈(65535가 흰색)",
    "its float pixels became bytes: 1.0 is white": "실수 픽셀을 바이트로 바꿈(1.0이 흰색)",
    "of its several pictures the first was taken": "여러 장 중 첫 장만 사용",
    "it is named {suffix}, and its content is {format}": "확장자는 {suffix}, 내용은 {format}",
    "its JPEG data are damaged ({detail}): part of the picture may be wrong": (
        "JPEG 데이터가 손상되어({detail}) 사진 일부가 잘못되었을 수 있음"
    ),
    "there is no such file": "파일이 없음",
    "the link leads nowhere": "끊어진 링크",
    "{format} is not read; save it as JPEG or PNG": "{format}은(는) 읽지 않는 형식. JPEG나 PNG로 저장 필요",
    "the file is empty": "빈 파일",
    "it is larger than {size} MB": "{size} MB보다 큼",
    "its content is none of JPEG, PNG, WebP, BMP, GIF, TIFF": "JPEG, PNG, WebP, BMP, GIF, TIFF가 아님",
    "its {format} header is damaged": "{format} 헤더 손상",
    "its {format} header is damaged{detail}": "{format} 헤더 손상{detail}",
    "it has no pixels ({size})": "픽셀이 없음({size})",
    "it claims {size} pixels; at most {side} a side and {pixels} in all are read": (
        "{size}픽셀이라고 되어 있으나 한 변 {side}픽셀, 모두 {pixels}픽셀까지만 읽음"
    ),
    "it ends early ({detail})": "중간에 끊김({detail})",
    "it is damaged ({detail})": "손상됨({detail})",
    "32-bit whole-number pixels have no agreed white; save it with 8 or 16 bits": (
        "32비트 정수 픽셀은 흰색이 정해져 있지 않음. 8비트나 16비트로 저장 필요"
    ),
    "its float pixels leave the range 0…1": "실수 픽셀이 0…1을 벗어남",
    "it holds {dtype} of shape {shape}, not bytes (height, width, channels)": (
        "모양이 {shape}인 {dtype}이며, (높이, 너비, 채널)의 바이트가 아님"
    ),
    "it has {found}, and {asked} channels were asked for": "채널 수가 다름({found}, 지정한 채널은 {asked})",
    "there is not enough memory to decode it": "디코딩할 메모리가 부족함",
    "it brought the decoder down ({detail})": "디코더를 멈추게 함({detail})",
    "decoding it took longer than {seconds} seconds": "디코딩에 {seconds}초 넘게 걸림",
    "line {line} of {file} leaves it out": "{file}의 {line}번째 줄에서 제외함",
    "{said}; suspects are dropped": "{said}. 의심스러워 제외",
}
