"""What must stay together, and how samples are divided into train, validation, test and folds."""
