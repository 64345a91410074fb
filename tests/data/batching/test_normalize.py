"""Scaling to network input: the formula, whatever the shape, the kind of numbers and their order in memory."""

import pytest
import torch

from spirula.data.batching.normalize import empty_input, normalized

# Images on both sides of the size up to which the factors are repeated for a whole image.
SHAPES = [(3, 28, 28, 1), (2, 32, 32, 3), (3, 5, 7, 4), (2, 90, 61, 1), (2, 64, 65, 3), (0, 8, 8, 3)]


def example(shape, dtype):
    generator = torch.Generator().manual_seed(sum(shape))
    pixels = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)
    if dtype == torch.float32:
        pixels = pixels.to(dtype) / 7
    factor = torch.rand(shape[-1], generator=generator) + 0.01
    offset = torch.randn(shape[-1], generator=generator)
    return pixels, factor, offset


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_value_has_the_factor_and_offset_of_its_own_channel(shape, dtype, channels_last):
    pixels, factor, offset = example(shape, dtype)
    before = pixels.clone()
    scaled = normalized(pixels, factor, offset, channels_last=channels_last)
    expected = (pixels.double() * factor.double() + offset.double()).permute(0, 3, 1, 2)
    assert scaled.shape == expected.shape
    assert scaled.dtype == torch.float32
    torch.testing.assert_close(scaled.double(), expected, rtol=1e-6, atol=1e-5)
    assert torch.equal(pixels, before)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_order_in_memory_does_not_change_a_bit(shape):
    pixels, factor, offset = example(shape, torch.uint8)
    planes = normalized(pixels, factor, offset)
    pixel_by_pixel = normalized(pixels, factor, offset, channels_last=True)
    assert torch.equal(planes, pixel_by_pixel)
    if len(pixels):
        assert planes.is_contiguous()
        assert pixel_by_pixel.permute(0, 2, 3, 1).is_contiguous()


@pytest.mark.parametrize("channels_last", [False, True])
def test_a_view_of_larger_images_is_scaled_into_the_place_that_is_given(channels_last):
    pixels, factor, offset = example((4, 40, 40, 3), torch.uint8)
    crop = pixels[:, 3:35, 5:37]
    place = empty_input(4, (32, 32, 3), torch.device("cpu"), channels_last=channels_last)
    returned = normalized(crop, factor, offset, channels_last=channels_last, out=place)
    assert returned.data_ptr() == place.data_ptr()
    assert torch.equal(place, normalized(crop.contiguous(), factor, offset))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_rows_of_features_are_scaled_too(dtype):
    pixels, factor, offset = example((5, 12), dtype)
    scaled = normalized(pixels, factor, offset)
    torch.testing.assert_close(scaled.double(), pixels.double() * factor.double() + offset.double())
