"""The options of a training: what can be asked, typed and frozen. See :mod:`spirula.recipe` for making one.

``None`` means "not asked": the value is derived from the data and the machine (and printed and
stored), or it does not apply. A recipe read back from a run's ``config.toml`` has every derived
value filled in and therefore trains the same network again.

Option names are unique across the sections, so that the same word works as a keyword in Python, as
a flag on the command line and as a key in TOML.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from .wording import (
    CheckCodes,
    ClassWeights,
    Count,
    Duration,
    Fraction,
    ImageSize,
    LayerNames,
    LossOption,
    Metrics,
    NotNegative,
    OwnPiece,
    PatchFiles,
    Positive,
    Precision,
    ScheduleOption,
    Share,
    Task,
    TestViews,
)


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class DataOptions(Section):
    """What is learned from, and how it is divided."""

    task: Task | None = Field(None, description="What to predict; read from the labels when not given.")
    image_size: ImageSize | None = Field(
        None, description="Height and width the network gets, in pixels: 180 or 180x240."
    )
    channels: Annotated[int, Field(ge=1, le=255)] | None = Field(
        None,
        description="1 for grey, 3 for colour (read from the images); 4 keeps transparency; more: TIFF pages, .npy.",
    )
    resize: Literal["squash", "crop", "pad"] | None = Field(
        None, description="How an image of another shape is brought to the size."
    )
    interpolation: Literal["bilinear", "bicubic"] | None = Field(
        None, description="How pixels are made when an image is resized (default: bilinear, or the backbone's)."
    )
    crop_share: Annotated[float, Field(gt=0.0, le=1.0)] | None = Field(
        None, description="With --resize crop: share of the shorter side that the centre keeps; backbones have theirs."
    )
    validation: Fraction | None = Field(
        None, description="Share of the training samples held out to choose the best epoch."
    )
    test: Fraction | None = Field(None, description="Share of the samples held out for the final numbers.")
    path_column: str | None = Field(None, description="Table column with the image path (default: path).")
    label_column: str | None = Field(None, description="Table column with the label or target (default: label).")
    split_column: str | None = Field(None, description="Table column naming the split (default: split, if present).")
    group_column: str | None = Field(
        None, description="Table column of samples that must stay together (default: group, if present)."
    )
    group_by: str | None = Field(
        None, description="What must stay together: folder, or a pattern in the file names such as 'patient(\\d+)'."
    )
    duplicates: Literal["group", "features", "ignore"] | None = Field(
        None,
        description="Copies of one picture stay in one split (group, the default); features: also those that only a "
        "pretrained network finds, mirrored or cropped; ignore: they are not looked for.",
    )
    folds: int | None = Field(
        None,
        ge=2,
        description="Cross-validation: so many trainings, each tested on another part of the samples.",
    )
    fold: int | None = Field(None, ge=1, description="Only this one of the folds: 1 is the first.")
    suspects: Literal["keep", "drop"] | None = Field(
        None, description="Pictures whose data are damaged but can be shown are used (keep, the default), or left out."
    )
    max_refused: Fraction | None = Field(
        None, description="Share of the files, and of each class, that may be unusable (default: 0.05; of a class 0.2)."
    )
    labels: PatchFiles | None = Field(
        None, description="Labels that are to be others: CSV files with id, label, old_label: a.csv,b.csv."
    )


class ModelOptions(Section):
    """Which network."""

    model: str | None = Field(
        None, description="A catalogue name, timm/NAME, a .toml file, layers: 'Conv2D(32, 3), …', or custom.NAME."
    )
    weights: str | None = Field(
        None, description="File with pretrained weights of a timm network: safetensors, or a checkpoint of tensors."
    )
    normalize: Literal["standardize", "unit", "none", "backbone"] | None = Field(
        None,
        description="Input scaling: zero mean and unit variance per channel, 0…1, the raw 0…255, or as the backbone's "
        "pictures were.",
    )
    test_views: TestViews | None = Field(
        None,
        description="Average what it says of several views of each picture it is asked about: with its mirror image "
        "(flip), moved a little (shift), both; -unsure: only where the picture alone leaves doubt.",
    )


class TrainingOptions(Section):
    """How it learns."""

    strategy: Literal["scratch", "fast", "best", "features", "finetune", "auto"] | None = Field(
        None,
        description="scratch: random weights; fast, best: the same, all options made for speed, or for accuracy; "
        "features: only the output layer, on a pretrained network; finetune: that first, then all of it; auto: chosen "
        "by the number of samples.",
    )
    views: int | None = Field(
        None, ge=1, description="Augmented versions of each training image that a frozen network or layers see, once."
    )
    epochs: int | None = Field(None, ge=1, description="Passes over the training samples.")
    budget: Duration | None = Field(None, description="Wall-clock time to train in, such as 5m; shapes the schedule.")
    batch_size: Count | Literal["auto"] | None = Field(
        None, description="Samples per step; auto: by the number of samples, in parts that fit into memory."
    )
    micro_batch: int | None = Field(
        None, ge=1, description="Samples that are computed at once; gradients are added up over the batch."
    )
    optimizer: Literal["sgd", "adam", "adamw", "rmsprop", "muon"] | None = Field(None, description="Update rule.")
    learning_rate: Positive | Literal["find"] | None = Field(
        None, description="Peak learning rate; find: by a range test before the first step."
    )
    momentum: Fraction | None = Field(None, description="For sgd, rmsprop and muon.")
    nesterov: bool | None = Field(None, description="Nesterov momentum, for sgd.")
    weight_decay: NotNegative | None = Field(None, description="Decoupled weight decay for adamw and muon; L2 in sgd.")
    unit_filters: bool | None = Field(
        None, description="For muon: the filters of its kernels keep length 1, before BatchNorm without other effect."
    )
    schedule: ScheduleOption | None = Field(
        None, description="Learning rate over the run: constant, linear, exponential, cosine, one-cycle or custom.NAME."
    )
    warmup: NotNegative | None = Field(None, description="Epochs of linear warm-up; fractions allowed.")
    decay_steps: int | None = Field(None, ge=1, description="For exponential: steps per decay_rate.")
    decay_rate: Positive | None = Field(None, description="For exponential: factor per decay_steps.")
    loss: LossOption | None = Field(
        None,
        description="What is minimised: cross-entropy, binary-cross-entropy, mse, mae, huber(2.0) or custom.NAME.",
    )
    label_smoothing: Fraction | None = Field(None, description="For cross-entropy.")
    huber_delta: Positive | None = Field(None, description="For huber: where the square becomes a line.")
    l1: NotNegative | None = Field(None, description="L1 penalty on every kernel.")
    l2: NotNegative | None = Field(None, description="L2 penalty on every kernel.")
    class_weights: ClassWeights | None = Field(None, description='"auto" (inverse frequency) or cat=2,dog=1.')
    sampling: Literal["uniform", "balanced"] | None = Field(
        None, description="balanced: every class is drawn equally often."
    )
    clip_norm: Positive | None = Field(None, description="Largest L2 norm of the gradient.")
    ema: Annotated[float, Field(ge=0.0, lt=1.0)] | None = Field(
        None, description="Decay of a moving average of the weights, used for evaluation; 0.999 is common, 0 is none."
    )
    whitening: bool | None = Field(
        None, description="The first convolution gets filters that decorrelate the training patches, and stays so."
    )
    dirac: bool | None = Field(None, description="Convolutions begin by passing their input channels on.")
    norm_bias_rate: Positive | None = Field(
        None, description="Learning rate of BatchNorm's offsets, as a multiple of that of the rest; 1: alike."
    )
    freeze: LayerNames | None = Field(
        None,
        description='Layers that stay as they are: "backbone" (all but the output layer), blocks.0,blocks.1, or none.',
    )
    layer_decay: Annotated[float, Field(gt=0.0, lt=1.0)] | None = Field(
        None, description="Learning rate of each level of layers as a share of the level behind it; 0.8 is common."
    )
    keep_statistics: bool | None = Field(
        None, description="BatchNorm layers keep the running mean and variance that they came with."
    )
    interpolate: bool | None = Field(
        None, description="Fine-tuned weights are averaged with those before, in the share that validation likes best."
    )
    metrics: Metrics | None = Field(
        None, description="Metrics of your own on the validation samples: custom.NAME, reported as val_NAME."
    )
    monitor: str | None = Field(None, description="Metric that chooses the best epoch, such as val_loss.")
    monitor_mode: Literal["min", "max"] | None = Field(
        None, description="Whether a metric of your own is better smaller (min) or larger (max)."
    )
    patience: int | None = Field(None, ge=1, description="Stop after this many epochs without improvement.")
    min_delta: NotNegative | None = Field(None, description="Smallest change that counts as an improvement.")


class AugmentationOptions(Section):
    """Random changes to the training images; each sample draws its own. 0 switches off what a recipe has."""

    flip: Literal["horizontal", "vertical", "both", "alternating", "none"] | None = Field(
        None,
        description="Mirror with probability 1/2; alternating: left to right, every other epoch; none where --strategy "
        "finetune shall not.",
    )
    crop: int | None = Field(None, ge=0, description="Shift by up to this many pixels (padding, then crop).")
    resized_crop: Annotated[float, Field(ge=0.0, lt=1.0)] | None = Field(
        None, description="Cut out from this share of the area to all of it, and enlarge that; 0.25 is common."
    )
    train_size: ImageSize | None = Field(
        None, description="Bring the resized crops to this size, below image_size: faster, and sizes look alike."
    )
    shift: Fraction | None = Field(None, description="Shift by up to this fraction of the side.")
    rotate: Annotated[float, Field(ge=0.0, le=180.0)] | None = Field(
        None, description="Rotate by up to this many degrees."
    )
    zoom: Annotated[float, Field(ge=0.0, lt=1.0)] | None = Field(
        None, description="Scale by up to this fraction, in and out."
    )
    fill_mode: Literal["constant", "reflect", "nearest"] | None = Field(
        None,
        description="What crop, shift, rotate and zoom let in from beyond the edges: black (constant, the default), "
        "the mirrored image, or its outermost pixels.",
    )
    brightness: Share | None = Field(None, description="Add up to this fraction of the full range.")
    contrast: Share | None = Field(None, description="Stretch about the mean by up to this fraction.")
    saturation: Share | None = Field(None, description="Stronger or weaker colours, by up to this fraction.")
    hue: Annotated[float, Field(ge=0.0, le=0.5)] | None = Field(
        None, description="Move colours along the circle by up to this share of it."
    )
    erase: Share | None = Field(None, description="Probability of blanking a random rectangle.")
    augment: OwnPiece | None = Field(None, description="An augmentation of your own: custom.NAME.")
    mixup: NotNegative | None = Field(None, description="MixUp: alpha of the Beta distribution.")
    cutmix: NotNegative | None = Field(None, description="CutMix: alpha of the Beta distribution.")


class MachineOptions(Section):
    """Where and how exactly it runs."""

    device: str | None = Field(None, description="cpu, cuda, cuda:1 or mps; found by itself.")
    precision: Precision | None = Field(None, description="Arithmetic of forward and backward.")
    channels_last: bool | None = Field(None, description="Memory format of images and kernels.")
    compile: bool | None = Field(
        None, description="Let PyTorch compile the training step first; needs a C++ compiler, or Triton on a GPU."
    )
    threads: int | None = Field(None, ge=1, description="CPU threads.")
    deterministic: bool | None = Field(None, description="Only deterministic kernels (CPU runs always are).")
    seed: int | None = Field(None, ge=0, lt=2**63, description="Seed of splits, weights, order and augmentation.")


class RunOptions(Section):
    """What is left behind."""

    runs: str | None = Field(None, description="Folder that holds the run folders (default: runs).")
    name: str | None = Field(None, description="Name of the run folder (default: date, time and data).")
    checkpoint_every: Duration | None = Field(None, description="Time between checkpoints inside an epoch.")
    mute: CheckCodes | None = Field(
        None, description="Codes of checks that stay silent about this run: T003 or T003,D002; see docs/checks."
    )
    lang: Literal["en", "ko"] | None = Field(
        None, description="Language of the report and the figures: en or ko (default: en)."
    )


class Recipe(Section):
    """All options of a training, in sections. Made from flat options by :func:`spirula.recipe.make_recipe`."""

    source: str | None = Field(
        None,
        description="A named set, a folder of class folders, a CSV/Parquet table, an .npz or a folder of IDX files.",
    )
    data: DataOptions = DataOptions()
    model: ModelOptions = ModelOptions()
    training: TrainingOptions = TrainingOptions()
    augmentation: AugmentationOptions = AugmentationOptions()
    machine: MachineOptions = MachineOptions()
    run: RunOptions = RunOptions()

    def options(self) -> dict[str, Any]:
        """Return the options that are set, flat, by name."""
        given = {name: value for section in SECTIONS for name, value in getattr(self, section) if value is not None}
        return given if self.source is None else {"source": self.source, **given}


SECTIONS: tuple[str, ...] = tuple(name for name in Recipe.model_fields if name != "source")

# Where each option stands in TOML; the source is the one key above the sections.
OPTION_SECTION: dict[str, str] = {"source": ""} | {
    name: section for section in SECTIONS for name in type(getattr(Recipe(), section)).model_fields
}
