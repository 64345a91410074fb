"""The words of how to use a run, and where it all comes from."""

from __future__ import annotations

from ..speech import Words

WORDS: Words = {
    # Use it
    "lead": (
        "In a terminal or in Python, beside the folder that holds the runs.",
        "실행 폴더(runs)가 있는 위치의 터미널이나 Python에서 씁니다.",
    ),
    "python": ("In Python", "Python에서"),
    "predict": ("Predict new pictures", "새 사진 예측"),
    "predict_fold": ("Predict with the network of a fold", "한 폴드의 네트워크로 예측"),
    "evaluate": ("Evaluate on other data", "다른 데이터로 평가"),
    "again": ("Train the same again", "똑같이 다시 학습"),
    "on_yours": ("Train the same network on your data", "같은 네트워크를 내 데이터로 학습"),
    "resume": ("Go on from where it stopped", "멈춘 곳부터 이어서 학습"),
    # Provenance
    "run": ("This run", "이 실행"),
    "name": ("Run", "이름"),
    "command": ("Command", "명령"),
    "started": ("Started", "시작"),
    "finished": ("Finished", "끝"),
    "seed": ("Seed", "시드"),
    "data": ("Data", "데이터"),
    "fingerprint": ("Data fingerprint (SHA-256)", "데이터 지문(SHA-256)"),
    "imported": ("Imported from", "가져온 곳"),
    "imported_sha256": ("Imported file (SHA-256)", "가져온 파일(SHA-256)"),
    "code": ("Code", "코드"),
    "spirula": ("spirula", "spirula"),
    "versions": ("Versions", "버전"),
    "options": ("Every option", "모든 옵션"),
    "derived": (
        "{n} of {of} were derived; the reason stands beside them.",
        "{of}개 중 {n}개는 자동으로 정했으며 옆에 이유가 있습니다.",
    ),
    "options_name": ("Options", "옵션"),
    "options_caption": (
        "As in config.toml, which trains the same again",
        "config.toml과 같으며, 그것으로 똑같이 학습할 수 있습니다",
    ),
    "section": ("Section", "구역"),
    "option": ("Option", "옵션"),
    "value": ("Value", "값"),
    "why": ("Why", "이유"),
    "asked": ("asked for", "직접 지정"),
}
