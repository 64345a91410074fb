"""What the samples and the splits are called: by their own names in English, translated in Korean."""

from __future__ import annotations

from .. import wording
from ..speech import Words, speaker

SPLITS: Words = {
    "train": ("train", "학습"),
    "validation": ("validation", "검증"),
    "test": ("test", "테스트"),
    "out-of-fold": ("out-of-fold", "폴드 밖"),
}

# Keyed by Facts.noun. KEY/1: where there is one.
WORDS: Words = {
    "images": ("images", "사진"),
    "samples": ("samples", "샘플"),
    "images_n": ("{n} images", "사진 {n}장"),
    "images_n/1": ("1 image", "사진 1장"),
    "samples_n": ("{n} samples", "샘플 {n}개"),
    "samples_n/1": ("1 sample", "샘플 1개"),
    "class": ("class {n}", "클래스 {n}"),
    "images_of": ("{n} {split} images", "{split} 사진 {n}장"),
    "images_of/1": ("1 {split} image", "{split} 사진 1장"),
    "samples_of": ("{n} {split} samples", "{split} 샘플 {n}개"),
    "samples_of/1": ("1 {split} sample", "{split} 샘플 1개"),
}


def split_words(split: str, language: str) -> str:
    """Return what a split is called; one of a name of its own is called by that."""
    return speaker(SPLITS, language)(split) if split in SPLITS else split


def noun_words(noun: str, language: str) -> str:
    """Return ``images`` or ``samples`` in a language; ``noun`` is one of these."""
    return speaker(WORDS, language)(noun)


def counted(number: float, noun: str, language: str, split: str = "") -> str:
    """Return ``1,000 test images``, or ``1,000 images`` without a split."""
    say = speaker(WORDS, language)
    if split:
        return say(f"{noun}_of", n=wording.count(number), split=split_words(split, language))
    return say(f"{noun}_n", n=wording.count(number))
