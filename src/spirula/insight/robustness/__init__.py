"""What a network does when its pictures change: moved, turned, blurred, paler, darker, noisier."""
