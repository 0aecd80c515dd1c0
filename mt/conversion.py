"""Conversion of a translator's checkpoint into CTranslate2's format, with the head that aligns best in front.

CTranslate2 tells the attention of one layer, averaged over its first heads, as the conversion stored it; the
converters store the last layer's first head, whatever that looks at. So the heads are measured (`alignment`),
the best one is put first in its layer, and its layer is stored with one head. What a layer computes does not
depend on the order of its heads.
"""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece
import torch
import transformers
from ctranslate2.converters import transformers as converters
from ctranslate2.specs.model_spec import OPTIONAL

from mt.alignment import Head, copied, probes
from mt.checkpoints import Checkpoint
from mt.folders import CARD, ModelFolder, arranged
from mt.job import Job
from streaming.errors import ModelError
from streaming.stages import TranslationRequest

LOADERS = {
    "marian": converters.MarianMTLoader,
    "m2m_100": converters.M2M100Loader,
    "t5": converters.T5Loader,
    "mt5": converters.MT5Loader,
}
TARGETS = 3
"""Languages into which the probes of a model of many are translated."""
_LONGEST = 96


def convert(checkpoint: Checkpoint, output: Path, quantization: str) -> Head | None:
    """Write a checkpoint to a folder that does not exist; gives the head that aligns best, if it could be
    measured.

    Raises:
        ModelError: the checkpoint cannot be read, or nothing says which languages it translates.
    """
    loader = LOADERS[checkpoint.kind]()
    try:
        # Attention is told by the plain implementation only.
        model = getattr(transformers, loader.architecture_name).from_pretrained(
            checkpoint.folder, local_files_only=True, attn_implementation="eager", dtype=torch.float32
        )
        tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint.folder, local_files_only=True)
    except Exception as error:  # each library under it raises its own
        reason = (str(error) or repr(error)).splitlines()[0]
        raise ModelError(f"{checkpoint.folder}: the checkpoint cannot be read: {reason}") from error
    tokens = vocabulary(tokenizer, len(model.get_input_embeddings().weight))
    output.mkdir(parents=True)
    for path in checkpoint.files:
        shutil.copyfile(path, output / path.name)
    folder = arranged(output, tokens, checkpoint.card)
    with torch.no_grad():
        best = measured(model.eval(), tokens, folder)
        spec = loader.get_model_spec(model)
        if best:
            put_first(spec.decoder.layer[best.layer].attention, best.head, int(spec.decoder.num_heads))
            spec.decoder.alignment_layer = np.int16(best.layer)
        if not getattr(model.config, "scale_decoder_outputs", True):
            # Newer configurations of T5 say `tie_word_embeddings` whether it was so or not.
            spec.decoder.scale_outputs = OPTIONAL
        loader.set_config(spec.config, model, tokenizer)
        kept = len(tokens) - (tokens[-1] == "<pad>" and checkpoint.kind == "marian")
        loader.set_vocabulary(spec, tokens[:kept])
        spec.validate()
        spec.optimize(quantization=quantization)
    spec.save(str(output))
    _write_card(checkpoint, output, best)
    return best


def vocabulary(tokenizer: Any, count: int) -> list[str]:
    """Name the tokens of an embedding's rows: each has one name, also a row that no token has."""
    tokens: list[str] = []
    seen = set[str]()
    for number, token in enumerate(tokenizer.convert_ids_to_tokens(list(range(count)))):
        name = f"<unused_{number}>" if token is None or token in seen else str(token)
        seen.add(name)
        tokens.append(name)
    return tokens


def measured(model: Any, tokens: list[str], folder: ModelFolder) -> Head | None:
    """Find the head that looks at what is copied most often; `None`: nothing was copied, or nobody wrote
    sentences of a language that the model reads."""
    ids = {token: i for i, token in enumerate(tokens)}
    source_pieces, target_pieces = (
        sentencepiece.SentencePieceProcessor(model_file=str(path))
        for path in (folder.source_pieces, folder.target_pieces)
    )
    right, copies = torch.zeros(()), 0
    for source, target in _pairs(folder):
        jobs = [
            Job(folder, source_pieces, target_pieces, TranslationRequest(text, "", source, target, True))
            for text in probes(source)
        ]
        found = _looked(model, ids, tokens, jobs)
        right, copies = right + found[0], copies + found[1]
    if not copies:
        return None
    shares = right / copies
    layer, head = divmod(int(shares.argmax()), shares.shape[1])
    return Head(layer, head, float(shares.max()), copies)


def _pairs(folder: ModelFolder) -> list[tuple[str, str]]:
    """Choose the pairs that are measured: from one language, English where it is one of them."""
    pairs = sorted(pair for pair in folder.info.pairs if any(probes(pair[0])))
    sources = sorted({source for source, _ in pairs}, key=lambda source: (source != "en", source))
    likely = [pair for pair in pairs if pair[0] in sources[:1]]
    likely.sort(key=lambda pair: not any(probes(pair[1])))
    return likely[:TARGETS]


def _looked(model: Any, ids: dict[str, int], tokens: list[str], jobs: Sequence[Job]) -> tuple[Any, int]:
    """Count for each head how many copies it looked at while they were written: [layers, heads]; and them."""
    unknown, padding = ids.get("<unk>", 0), model.config.pad_token_id
    rows = [torch.tensor([ids.get(token, unknown) for token in job.source]) for job in jobs]
    source = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=padding)
    start = [model.config.decoder_start_token_id, *(ids[token] for token in jobs[0].prefix)]
    given = {"attention_mask": (source != padding).long(), "output_attentions": True}
    target = model.generate(
        source,
        attention_mask=given["attention_mask"],
        decoder_input_ids=torch.tensor([start] * len(jobs)),
        max_new_tokens=_LONGEST,
        num_beams=1,
        do_sample=False,
    )
    attention = model(input_ids=source, decoder_input_ids=target, **given).cross_attentions
    right, count = torch.zeros(len(attention), attention[0].shape[1]), 0
    for row, (job, written) in enumerate(zip(jobs, target.tolist(), strict=True)):
        for place, at in copied(job.source, [tokens[i] for i in written]):
            # The state at one token writes the next.
            looked = torch.stack([layer[row, :, at - 1].argmax(-1) for layer in attention])
            right += (looked == place).float()
            count += 1
    return right, count


def put_first(attention: Any, head: int, heads: int) -> None:
    """Exchange a head with the first in a layer's attention to the source."""
    query, memory, out = attention.linear
    size = query.weight.shape[0] // heads
    order = list(range(heads))
    order[0], order[head] = order[head], order[0]
    rows = [i for h in order for i in range(h * size, (h + 1) * size)]
    both = [*rows, *(i + len(rows) for i in rows)]
    _reorder(query, rows)
    _reorder(memory, both)
    out.weight = out.weight[:, rows]


def _reorder(linear: Any, rows: Sequence[int]) -> None:
    linear.weight = linear.weight[rows]
    if not isinstance(linear.bias, str):
        linear.bias = linear.bias[rows]


def _write_card(checkpoint: Checkpoint, output: Path, best: Head | None) -> None:
    about = {**checkpoint.card, "attention": bool(best and best.aligns)}
    if best:
        about["alignment"] = {
            "layer": best.layer,
            "head": best.head,
            "right": round(best.right, 3),
            "copies": best.copies,
        }
    text = json.dumps(about, indent=2, ensure_ascii=False)
    (output / CARD).write_text(f"{text}\n", encoding="utf-8")
