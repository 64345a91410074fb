"""The peer that one finds everywhere: ResNet-18 with a 3×3 stem for small pictures. Prints one line of JSON.

    resnet_side.py FOLDER EPOCHS TARGET THREADS SEED [MINUTES]

FOLDER holds train/ and test/ with a folder of picture files per class, or the arrays train_x.npy, … . torchvision's
ResNet-18, whose first convolution is 3×3 and whose first pooling is left out, as is usual for 32×32; SGD at 0.1 with
momentum 0.9 and weight decay 5e-4 along a cosine over EPOCHS; batches of 128 from a DataLoader with 2 workers, crops
after padding by 4 and mirror images; channels_last, and bfloat16 where the processor has it. Ends with the first epoch
that reaches TARGET, after EPOCHS, or with the first epoch after MINUTES.
"""

import sys
from pathlib import Path

import numpy as np
import torch
import torchvision
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms
from until import trained_by_torch, until

folder, epochs, target, threads, seed = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), *map(int, sys.argv[4:6])
minutes = float(sys.argv[6]) if len(sys.argv) > 6 else float("inf")
torch.set_num_threads(threads)
torch.manual_seed(seed)


class Arrays(torch.utils.data.Dataset):
    """Pictures of an array, handed out as torchvision's own data sets do."""

    def __init__(self, part, transform):
        self.pixels, self.labels = (np.load(f"{folder}/{part}_{name}.npy") for name in "xy")
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, row):
        return self.transform(Image.fromarray(self.pixels[row].squeeze())), int(self.labels[row])


files = Path(folder, "train").is_dir()
normal = [transforms.ToTensor(), transforms.Normalize((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))]
if not files:
    normal = [transforms.ToTensor(), transforms.Normalize((0.2860,), (0.3530,))]
side = 32 if files else 28
changed = transforms.Compose([transforms.RandomCrop(side, padding=4), transforms.RandomHorizontalFlip(), *normal])


def pictures(part, transform):
    return datasets.ImageFolder(f"{folder}/{part}", transform) if files else Arrays(part, transform)


train = DataLoader(pictures("train", changed), batch_size=128, shuffle=True, num_workers=2, persistent_workers=True)
test = DataLoader(pictures("test", transforms.Compose(normal)), batch_size=256, num_workers=2, persistent_workers=True)
model = torchvision.models.resnet18(num_classes=10)
model.conv1, model.maxpool = nn.Conv2d(3 if files else 1, 64, 3, padding=1, bias=False), nn.Identity()
model = model.to(memory_format=torch.channels_last)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
fast = torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()


def logits(images):
    with torch.autocast("cpu", torch.bfloat16, enabled=fast):
        return model(images.contiguous(memory_format=torch.channels_last)).float()


versions = {"torch": torch.__version__, "torchvision": torchvision.__version__}
parts = trained_by_torch(model, optimizer, schedule, train, test, logits)
until(*parts, epochs=epochs, target=target, versions=versions, minutes=minutes)
