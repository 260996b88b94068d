"""SAGE-Music: low-latency multi-track symbolic music generation.

    import sage_music as sm

    engine = sm.Engine()                                   # the bundled model
    score = engine.generate(bars=16, instruments=["flute", "piano", "drums"], seed=7)
    score.write_midi("piece.mid")
    score.notes("seconds")["onset"]                        # a structured numpy array

Notes are rows (onset, duration, program, pitch, velocity); program 128 stands for drums. What takes time
releases the interpreter's lock, and Ctrl+C stops it.
"""
from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Iterable, Iterator, Mapping, NamedTuple, Optional, Sequence, Union

import numpy as np

from . import _native
from ._native import DRUMS, Error, Score, Tokenizer, __version__, read_midi

__all__ = ["Bpe", "DRUMS", "Engine", "Error", "Note", "Score", "Stream", "Tokenizer", "bundled_model", "energy_score", "evaluate",
           "metrics", "nmsi", "read_midi", "similarity", "__version__"]

#: What the measures take: a score, an array like that of Score.notes(), or the path of a MIDI file.
Music = Union[Score, np.ndarray, str, "os.PathLike[str]"]


def bundled_model() -> Path:
    """The model that comes with SAGE-Music, beside the package or in the folders above it."""
    here = Path(__file__).resolve()
    for folder in here.parents:
        for place in ("", "share/sage-music"):
            model = folder / place / "models" / "small.safetensors"
            if model.exists():
                return model
    raise Error(f"no bundled model beside {here.parent}; name a model file")


def _request(**values: object) -> str:
    return json.dumps({key: value for key, value in values.items() if value is not None},
                      default=lambda value: value.item() if isinstance(value, np.generic) else value)


def as_score(music: Music) -> Score:
    """A score from anything that the measures take. Arrays with float times are in seconds."""
    if isinstance(music, Score):
        return music
    if isinstance(music, np.ndarray):
        ticks = np.issubdtype(music.dtype["onset"], np.integer)
        return Score.from_notes(music, unit="ticks" if ticks else "seconds")
    return read_midi(music)


class Engine:
    """A model, opened: immutable, to be shared by threads. `path` None: the bundled model.

    `type` converts the weights while loading: "f32", "bf16", "int8" or "int4".
    """

    def __init__(self, path: Optional[Union[str, "os.PathLike[str]"]] = None, type: Optional[str] = None):
        self._native = _native.Engine(Path(path) if path is not None else bundled_model(), type)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Engine":
        """From the bytes of a model file."""
        engine = cls.__new__(cls)
        engine._native = _native.Engine.from_bytes(data)
        return engine

    @property
    def info(self) -> Mapping[str, object]:
        """The model's hash, licence, weight type, context and tokenizer."""
        return self._native.info

    @property
    def tokenizer(self) -> Tokenizer:
        return self._native.tokenizer

    def generate(self, bars: int = 16, instruments: Optional[Sequence[Union[str, int]]] = None,
                 prompt: Optional[Music] = None, seed: int = 0, wishes: Optional[Mapping[str, object]] = None,
                 **more: object) -> Score:
        """Writes a piece of `bars` bars, or continues `prompt`.

        `more` are further keys of a request: tempo, meter, prompt_bars, temperature, top_p, ... (docs/embed.md).
        """
        request = _request(bars=bars, instruments=instruments, seed=seed, wishes=wishes, **more)
        return self._native.generate(request, None if prompt is None else as_score(prompt))

    def infill(self, piece: Music, bars: Optional[str] = None,
               instruments: Optional[Sequence[Union[str, int]]] = None, seed: int = 0, **more: object) -> Score:
        """Writes bars ("5-8", from 1) or instruments of a piece again, or adds instruments."""
        request = _request(bars=bars, instruments=instruments, seed=seed, **more)
        return self._native.infill(request, as_score(piece))

    def stream(self, written: Sequence[Union[str, int]], given: Sequence[Union[str, int]] = (),
               bars: Optional[int] = None, seed: int = 0, wishes: Optional[Mapping[str, object]] = None,
               **more: object) -> "Stream":
        """Notes as they are written, for the instruments `written`, among those that are pushed for `given`.

        Iterating ends after `bars` bars, or never. `more`: tempo, meter, guess, temperature, ... (docs/embed.md).
        """
        options = _request(written=list(written), given=list(given), seed=seed, wishes=wishes, **more)
        return Stream(self._native.stream(options), bars)

    def likelihood(self, score: Music) -> float:
        """Nats a note: the model's mean surprise at a note of the piece. Lower is likelier."""
        nats, notes = self._native.likelihood(as_score(score))
        return nats / notes


class Note(NamedTuple):
    """A note of a stream; times in quarter notes from its start."""

    onset: float
    duration: float
    program: int
    pitch: int
    velocity: int


class Stream:
    """Music that is being written: iterate it for notes in order of time, each as soon as it is final."""

    def __init__(self, native: "_native.Stream", bars: Optional[int]):
        self._native = native
        self._bars = bars

    def __iter__(self) -> Iterator[Note]:
        return self

    def __next__(self) -> Note:
        note = self.next(float("inf") if self._bars is None else self._native.end_of_bar(self._bars - 1))
        if note is None:
            raise StopIteration
        return note

    def next(self, until: float) -> Optional[Note]:
        """The next written note that begins before `until`; None: there is none, all before is settled."""
        found = self._native.next(min(until, 1e8))
        return None if found is None else Note(*found)

    def push(self, program: int, onset: float, duration: float, pitch: int, velocity: int = 80) -> None:
        """A given note. Where it comes late, what was written from its onset on is written again."""
        self._native.push(program, onset, duration, pitch, velocity)

    def hear(self, time: float) -> None:
        """All given notes before `time` have been pushed (for streams that guess them)."""
        self._native.hear(time)

    def rewind(self, time: float) -> None:
        """Takes back what was written from `time` on; given notes stay."""
        self._native.rewind(time)

    def change(self, **changes: object) -> None:
        """From now on: tempo, meter, playing (the instruments that may play), seed, sampling."""
        self._native.change(_request(**changes))

    def score(self) -> Score:
        """All given and written notes so far."""
        return self._native.score()


class Bpe:
    """Byte pair encoding: a tokenizer with merges of tokens that often follow each other."""

    def __init__(self, tokenizer: Tokenizer):
        """Of a tokenizer with merges, such as one that `sage-music bpe train` wrote."""
        self.tokenizer = tokenizer

    @classmethod
    def learn(cls, scores: Iterable[Music], merges: int = 1000, tokenizer: Optional[Tokenizer] = None,
              boundary: str = "bar", min_count: int = 2, threads: int = 1) -> "Bpe":
        """Learns merges from scores. They do not cross a boundary: none, bar, beat, position or note."""
        base = tokenizer or Tokenizer()
        corpus = [base.encode(as_score(score)).tolist() for score in scores]
        return cls(base._learn(corpus, merges, boundary, min_count, threads))

    @classmethod
    def load(cls, path: Union[str, "os.PathLike[str]"]) -> "Bpe":
        return cls(Tokenizer.load(path))

    def save(self, path: Union[str, "os.PathLike[str]"]) -> None:
        self.tokenizer.save(path)

    @property
    def merges(self) -> np.ndarray:
        """(merges, 2): the two tokens that each merge replaces."""
        return self.tokenizer.merges

    def encode(self, ids: np.ndarray) -> np.ndarray:
        """Base tokens with every merge applied."""
        return self.tokenizer._merge(ids)

    def decode(self, ids: np.ndarray) -> np.ndarray:
        """The base tokens of merged ones."""
        return self.tokenizer._expand(ids)


def nmsi(a: Music, b: Music) -> float:
    """NMSI, the normalised musical similarity index of two pieces: 0 to 100, 100 for equal ones."""
    return similarity(a, b)["nmsi"]


def similarity(a: Music, b: Music) -> Mapping[str, float]:
    """NMSI and its four terms."""
    return _native.similarity(as_score(a), as_score(b))


def metrics(music: Music) -> Mapping[str, float]:
    """All metrics of the benchmark for one piece (docs/benchmark.md), NaN where one does not apply."""
    return _native.metrics(as_score(music))


def energy_score(takes: Sequence[Music], reference: Music) -> Mapping[str, float]:
    """The energy score of several takes against what the composer wrote; lower is better."""
    return _native.energy_score([as_score(take) for take in takes], as_score(reference))


def evaluate(outputs: Sequence[Music], references: Sequence[Music], seed: int = 0) -> Mapping[str, object]:
    """A system's outputs against the composers' pieces, in the same order, as `sage-music eval score` has it.

    "similarity" and "metrics" hold means with bootstrap intervals, "nmsi" the value of each piece, and
    "detectability" the share of works in which a classifier tells output from reference (0.5: it cannot).
    """
    return _native.evaluate([as_score(one) for one in outputs], [as_score(one) for one in references], seed)
