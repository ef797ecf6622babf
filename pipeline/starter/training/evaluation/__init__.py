"""What a trained model can do, as figures. Judges are shown wrong pictures too, so that blind ones are noticed."""
