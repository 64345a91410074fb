"""The filters of convolutions one by one: which are dead, which are alike, and which pictures excite them most."""
