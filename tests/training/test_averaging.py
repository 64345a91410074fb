import torch
from torch import nn

from spirula.training.updates.averaging import WeightAverage


def test_average_follows_the_formula_buffers_included():
    module = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    average = WeightAverage(module, 0.6)
    weight, mean = module[0].weight.detach().clone(), module[1].running_mean.clone()
    for update in range(1, 20):
        with torch.no_grad():
            module[0].weight.add_(0.1 * update)
        module.train()(torch.randn(4, 2, generator=torch.Generator().manual_seed(update)))
        average.update()
        decay = min(0.6, (1 + update) / (10 + update))
        weight = decay * weight + (1 - decay) * module[0].weight.detach()
        mean = decay * mean + (1 - decay) * module[1].running_mean
    torch.testing.assert_close(average.module[0].weight, weight)
    torch.testing.assert_close(average.module[1].running_mean, mean)
    assert average.module[1].num_batches_tracked == 19


def test_average_is_apart_from_the_network():
    module = nn.Linear(2, 2)
    average = WeightAverage(module, 0.9)
    before = module.weight.detach().clone()
    average.update()
    assert torch.equal(module.weight, before)
    assert not any(parameter.requires_grad for parameter in average.module.parameters())
