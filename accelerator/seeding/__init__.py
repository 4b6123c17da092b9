"""Made-up rows by the hundred thousand, to measure with."""
