"""How a speaker is interpreted: models, engines, the graph of stages, languages and domain packs."""
