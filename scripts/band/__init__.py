"""Band music for training: mma's grooves under folk tunes and under progressions made here."""
