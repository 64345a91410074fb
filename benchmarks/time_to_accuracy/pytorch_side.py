"""The peer of PyTorch's MNIST example: its network, its optimizer and its loader. Prints one line of JSON.

    pytorch_side.py FOLDER EPOCHS TARGET THREADS SEED

The facts are those of pytorch/examples/mnist: two 3×3 convolutions of 32 and 64 filters without padding, pooling, drop
out of 0.25, 128 hidden units, drop out of 0.5; Adadelta at 1.0, times 0.7 after each epoch; batches of 64 from a
DataLoader over torchvision's MNIST with ToTensor and Normalize. FOLDER/MNIST/raw holds the IDX files. The test set is
looked at after each epoch, and those seconds are not counted.
"""

import sys

import torch
import torchvision
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms
from until import trained_by_torch, until

folder, epochs, target, threads, seed = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), *map(int, sys.argv[4:6])
torch.set_num_threads(threads)
torch.manual_seed(seed)
change = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
train = DataLoader(datasets.MNIST(folder, train=True, transform=change), batch_size=64, shuffle=True)
test = DataLoader(datasets.MNIST(folder, train=False, transform=change), batch_size=1000)
model = nn.Sequential(
    nn.Conv2d(1, 32, 3),
    nn.ReLU(),
    nn.Conv2d(32, 64, 3),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Dropout(0.25),
    nn.Flatten(),
    nn.Linear(9216, 128),
    nn.ReLU(),
    nn.Dropout(0.5),
    nn.Linear(128, 10),
)
optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0)
schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)
versions = {"torch": torch.__version__, "torchvision": torchvision.__version__}
parts = trained_by_torch(model, optimizer, schedule, train, test, model)
until(*parts, epochs=epochs, target=target, versions=versions)
