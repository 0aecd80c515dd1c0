"""The common language of Dragoman: audio, words, captions, stages and the two drivers that run them."""
