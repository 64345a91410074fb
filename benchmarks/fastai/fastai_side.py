"""The peer: fastai's ``vision_learner(…).fine_tune(1)`` as its documentation has it; prints one JSON line.

    fastai_side.py DATA WEIGHTS THREADS SEED

DATA holds train, validation and test folders of classes. WEIGHTS is a state dict with timm's names.
"""

import json
import sys
import time

began = time.perf_counter()

import fastai  # noqa: E402
import timm  # noqa: E402
import torch  # noqa: E402
from fastai.vision.all import (  # noqa: E402
    ImageDataLoaders,
    Resize,
    aug_transforms,
    error_rate,
    get_image_files,
    set_seed,
    vision_learner,
)

root, weights, threads, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
torch.set_num_threads(threads)
set_seed(seed)
loaders = ImageDataLoaders.from_folder(
    root,
    train="train",
    valid="validation",
    item_tfms=Resize(224),
    batch_tfms=aug_transforms(),
    num_workers=threads,
    device=torch.device("cpu"),
)
learner = vision_learner(
    loaders,
    "tf_efficientnet_lite0",
    metrics=error_rate,
    pretrained_cfg_overlay={"file": weights, "url": "", "hf_hub_id": ""},
)
training = time.perf_counter()
with learner.no_bar(), learner.no_logging():
    learner.fine_tune(1)
    trained = time.perf_counter()
    files = get_image_files(f"{root}/test")
    probabilities, _ = learner.get_preds(dl=loaders.test_dl(files, num_workers=threads))
names = list(loaders.vocab)
truth = torch.tensor([names.index(file.parent.name) for file in files])
accuracy = float((probabilities.argmax(dim=1) == truth).float().mean())
print(
    json.dumps(
        {
            "seconds": time.perf_counter() - began,
            "training_seconds": trained - training,
            "accuracy": accuracy,
            "versions": {"fastai": fastai.__version__, "timm": timm.__version__, "torch": torch.__version__},
        }
    )
)
