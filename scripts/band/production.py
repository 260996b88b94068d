"""Making the set: the list of its pieces, the processes that make them, journal, manifests.

Everything follows from the seed, the tunes, mma and these sources. A journal keeps the row of every
finished piece, so that the same command continues after any interruption.
"""

import glob
import hashlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from dataclasses import dataclass

from . import arrangements, catalogue, midi, player, songs, tunes
from .harmony import share

COLUMNS = [
    "file", "sha256", "repo", "licence", "tier", "kind", "notes", "parts", "programs", "drum_notes",
    "seconds", "tpq", "meters", "source_path", "family", "grooves", "progression", "form", "tempo",
    "feel", "lead", "bars", "chords", "shift", "split",
]  # fmt: skip
HELD_OUT_TUNES = 0.05


class BandError(Exception):
    """One line for the user."""


@dataclass(frozen=True)
class Job:
    file: str  # in the output folder, with train/ or valid/
    kind: str  # tune or song
    family: str
    split: str
    row: int = -1  # of the tune
    style: str = ""
    index: int = 0


# --------------------------------------------------------------------------------------------------
# What is made


def tune_groups(all_tunes):
    """Tunes that share much of their melody stand together: {name: name of the group's first}."""
    shingles = {}
    for tune in all_tunes:
        steps = []
        for one, two in zip(tune.melody, tune.melody[1:]):
            steps.append(two.pitch - one.pitch)
        shingles[tune.name] = {tuple(steps[at : at + 6]) for at in range(len(steps) - 5)}
    leader = {tune.name: tune.name for tune in all_tunes}

    def find(name):
        while leader[name] != name:
            name = leader[name]
        return name

    names = [tune.name for tune in all_tunes]
    where = {}
    for name in names:
        shared = {}
        for shingle in shingles[name]:
            for other in where.setdefault(shingle, []):
                shared[other] = shared.get(other, 0) + 1
            where[shingle].append(name)
        for other, count in sorted(shared.items()):
            if count >= 0.25 * min(len(shingles[name]), len(shingles[other])):
                one, two = sorted((find(name), find(other)))
                leader[two] = one
    return {name: find(name) for name in names}


def _weight(family, tune=None):
    weight = 1.0 if family.drums else 0.2
    if tune is None:
        return weight * (1.0 if family.native else 0.4 if family.is_compound() else 0.05)
    if family.native:
        weight *= 2
    if tune.name.startswith("hpps") and family.feel == "swing":
        weight *= 3  # hornpipes are swung
    return weight


def _draw(rng, families, count, tune=None):
    """Different families, by weight; no two of one library file while there are others."""
    left, drawn = list(families), []
    while left and len(drawn) < count:
        family = rng.choices(left, [_weight(f, tune) for f in left])[0]
        drawn.append(family)
        left = [f for f in left if f.name != family.name]
    return drawn


def plan(all_tunes, families, args):
    """All jobs of a set, in order, and the held-out tunes."""
    groups = tune_groups([tune for _, tune in all_tunes])
    held_out = {
        tune.name for _, tune in all_tunes if share(groups[tune.name], "tune") < HELD_OUT_TUNES
    }
    known = [f for f in families if not f.held_out]
    unknown = [f for f in families if f.held_out]
    jobs = []

    def file_name(split, *words):
        return f"{split}/" + "-".join(words).replace("@", "-in-").replace("&", "n") + ".mid"

    for row, tune in all_tunes:
        rng = random.Random(f"plan {args.seed} {tune.name}")
        ours = [f for f in known if arrangements.fits(f, tune)]
        others = [f for f in unknown if arrangements.fits(f, tune)]
        if tune.name not in held_out:
            chosen = [("train", f) for f in _draw(rng, ours, args.per_tune, tune)]
        else:
            chosen = [("valid", f) for f in _draw(rng, ours, 1, tune) + _draw(rng, others, 1, tune)]
        for part, family in chosen:
            split = (
                part
                if part == "train"
                else "valid: tune" + (" and groove" if family.held_out else "")
            )
            jobs.append(
                Job(
                    file_name(part, tune.name, family.label()),
                    "tune",
                    family.label(),
                    split,
                    row=row,
                )
            )
    rng = random.Random(f"plan songs {args.seed}")
    for part, count in (("train", args.songs), ("valid", args.valid_songs)):
        for index in range(count):
            new_groove = part == "valid" and index % 2 == 1
            family = _draw(rng, unknown if new_groove else known, 1)[0]
            style = rng.choice(family.styles)
            split = (
                part
                if part == "train"
                else "valid: progression" + (" and groove" if new_groove else "")
            )
            name = file_name(part, f"{style}{index:04d}", family.label())
            jobs.append(
                Job(
                    name,
                    "song",
                    family.label(),
                    split,
                    style=style,
                    index=index if part == "train" else -1 - index,
                )
            )
    # Validation first, then training in no order: whatever is finished is a fair sample of the
    # whole.
    jobs.sort(key=lambda job: (job.split == "train", share(job.file, "order")))
    return jobs, held_out


# --------------------------------------------------------------------------------------------------
# One piece


def write_atomically(path, data):
    with open(path + ".part", "wb") as file:
        file.write(data)
    os.replace(path + ".part", path)


def chords_text(piece):
    """The lead sheet: bars divided by |; a bar without a change shows the chord that sounds."""
    pulses = piece.family.pulses_a_bar
    chords = sorted(piece.chords, key=lambda chord: chord.start)
    bars, sounding = [], chords[0]
    for bar in range(piece.bars):
        inside = [chord for chord in chords if bar * pulses <= chord.start < (bar + 1) * pulses]
        names = [] if inside and inside[0].start == bar * pulses else [sounding.name()]
        names += [chord.name() for chord in inside]
        sounding = inside[-1] if inside else sounding
        bars.append(" ".join(names))
    return "|".join(bars)


def manifest_row(job, piece, data, source):
    """The row of a finished piece."""
    song = piece.song
    notes = [note for part in song.parts for note in part.notes]
    drums = sum(len(part.notes) for part in song.parts if part.drums)
    lead = [p for p in song.parts if p.name in ("Melody", "Lead")]
    seconds = max(note.end for note in notes) / song.ticks_per_quarter * 60 / song.tempo
    return {
        "file": job.file.split("/", 1)[1],
        "sha256": hashlib.sha256(data).hexdigest(),
        "repo": "band-music+" + ("nottingham" if job.kind == "tune" else "progressions"),
        "licence": "GPL-3.0 (tune), GPL-2.0-or-later (mma)"
        if job.kind == "tune"
        else "GPL-2.0-or-later (mma)",
        "tier": "copyleft",
        "kind": "band_" + job.kind,
        "notes": len(notes),
        "parts": len(song.parts),
        "programs": len({(part.drums, part.program) for part in song.parts}),
        "drum_notes": drums,
        "seconds": f"{seconds:.1f}",
        "tpq": song.ticks_per_quarter,
        "meters": piece.family.meter,
        "source_path": source,
        "family": piece.family.label(),
        "grooves": " ".join(piece.grooves),
        "progression": piece.what,
        "form": piece.form,
        "tempo": f"{song.tempo:.1f}",
        "feel": piece.family.feel,
        "lead": lead[0].program if lead else "",
        "bars": piece.bars,
        "chords": chords_text(piece),
        "shift": piece.melody_from,
        "split": job.split,
    }


_worker = {}


def _start_worker(args, rows, families):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _worker.update(
        args=args,
        rows=rows,
        families=families,
        folder=os.path.join(args.out, "work", str(os.getpid())),
    )


def _make_piece(job):
    """The row of a piece, made and written; or the reason why there is none."""
    args, family = _worker["args"], _worker["families"][job.family]
    folder, source = _worker["folder"], ""
    os.makedirs(folder, exist_ok=True)
    try:
        if job.kind == "tune":
            tune = tunes.read_tune(args.tunes, _worker["rows"][job.row])
            source = tune.file
            piece = arrangements.tune_piece(tune, family, args.seed, folder)
        else:
            held_out = job.split != "train"
            piece = songs.song_piece(family, job.style, held_out, args.seed, job.index, folder)
    except (player.PlayError, midi.MidiError) as error:
        return job, str(error)
    data = midi.to_bytes(piece.song)
    write_atomically(os.path.join(args.out, job.file), data)
    return job, manifest_row(job, piece, data, source)


# --------------------------------------------------------------------------------------------------
# The set


def _sources_hash():
    digest = hashlib.sha256()
    for path in sorted(
        glob.glob(os.path.join(catalogue.HERE, "*.py"))
        + [os.path.join(catalogue.HERE, "grooves.tsv")]
    ):
        if not path.endswith("checks.py"):
            with open(path, "rb") as file:
                digest.update(file.read())
    return digest.hexdigest()[:16]


def _read_tunes(folder):
    """[(row number, tune)], rows, {why: how many were left out}."""
    if not os.path.isfile(os.path.join(folder, "MANIFEST.tsv")):
        raise BandError(
            f"{folder}: no MANIFEST.tsv there; name the data set with the Nottingham tunes"
        )
    rows = tunes.tunes_in(folder)
    if not rows:
        raise BandError(
            f"{folder}: its MANIFEST.tsv lists no Nottingham tunes; is it the copyleft set?"
        )
    good, bad = [], {}
    for number, row in enumerate(rows):
        try:
            good.append((number, tunes.read_tune(folder, row)))
        except tunes.TuneError as error:
            bad[str(error)] = bad.get(str(error), 0) + 1
        except (OSError, midi.MidiError) as error:
            raise BandError(f"{folder}: {error}") from None
    return good, rows, bad


def _journal(path, settings):
    """{file: row} of what was finished under the same settings."""
    done = {}
    if os.path.exists(path):
        with open(path) as file:
            lines = file.read().split("\n")
        if lines[0] and json.loads(lines[0]) != settings:
            raise BandError(
                f"{os.path.dirname(path)} holds a set of another seed, mma or version; "
                "choose a new folder"
            )
        for line in lines[1:]:
            try:
                name, row = json.loads(line)
            except ValueError:
                continue  # the line that an end of the command cut short
            done[name] = row
    return done


def _write_manifests(out, rows):
    for part in ("train", "valid"):
        lines = ["\t".join(COLUMNS)]
        for name, row in sorted(rows.items()):
            if name.startswith(part + "/"):
                lines.append("\t".join(str(row[column]) for column in COLUMNS))
        write_atomically(
            os.path.join(out, part, "MANIFEST.tsv"), ("\n".join(lines) + "\n").encode()
        )


def _progress(done, total, begun, fresh):
    if not sys.stderr.isatty() and done % 100 and done != total:
        return
    left = (time.monotonic() - begun) / max(1, fresh) * (total - done)
    end = "\r" if sys.stderr.isatty() and done != total else "\n"
    print(
        f"band_music: {done} of {total} pieces, {left / 60:.1f} min left ",
        end=end,
        file=sys.stderr,
        flush=True,
    )


def make(args):
    version = catalogue.mma_version()
    if version is None:
        raise BandError("mma is not installed; scripts/install.sh music installs it")
    if args.jobs < 1 or args.per_tune < 0 or args.songs < 0 or args.valid_songs < 0:
        raise BandError("numbers below nothing make no music")
    all_tunes, rows, bad = _read_tunes(args.tunes)
    for part in ("train", "valid"):
        os.makedirs(os.path.join(args.out, part), exist_ok=True)
    with open(os.path.join(args.tunes, "MANIFEST.tsv"), "rb") as file:
        tunes_hash = hashlib.sha256(file.read()).hexdigest()
    settings = {
        "seed": args.seed, "mma": version, "sources": _sources_hash(), "tunes": tunes_hash,
        "per_tune": args.per_tune, "songs": args.songs, "valid_songs": args.valid_songs,
    }  # fmt: skip
    journal_path = os.path.join(args.out, "journal.jsonl")
    done = _journal(journal_path, settings)
    families = catalogue.load(os.path.join(args.out, "library.json"))
    jobs, held_out = plan(all_tunes, families, args)
    for reason, count in sorted(bad.items()):
        print(f"band_music: {count} tunes excluded: {reason}", file=sys.stderr)
    done = {name: row for name, row in done.items() if os.path.exists(os.path.join(args.out, name))}
    todo = [job for job in jobs if job.file not in done]
    failed = []
    begun = time.monotonic()
    by_label = {family.label(): family for family in families}
    with open(journal_path + ".part", "w") as file:
        file.write(json.dumps(settings) + "\n")
        for name, row in sorted(done.items()):
            file.write(json.dumps([name, row]) + "\n")
    os.replace(journal_path + ".part", journal_path)
    with open(journal_path, "a") as journal:
        with multiprocessing.Pool(args.jobs, _start_worker, (args, rows, by_label)) as pool:
            for count, (job, result) in enumerate(
                pool.imap_unordered(_make_piece, todo, chunksize=2), 1
            ):
                if isinstance(result, str):
                    failed.append((job.file, result))
                else:
                    done[job.file] = result
                    journal.write(json.dumps([job.file, result]) + "\n")
                    journal.flush()
                _progress(len(done) + len(failed), len(jobs), begun, count)
    shutil.rmtree(os.path.join(args.out, "work"), ignore_errors=True)
    _write_manifests(args.out, done)
    by_name = {tune.name: tune.file for _, tune in all_tunes}
    listing = "".join(f"{by_name[name]}\n" for name in sorted(held_out))
    write_atomically(os.path.join(args.out, "held_out_tunes.txt"), listing.encode())
    for name, why in failed[:5]:
        print(f"band_music: {name}: {why}", file=sys.stderr)
    train = sum(name.startswith("train/") for name in done)
    print(
        f"band_music: {train} training and {len(done) - train} validation pieces in {args.out}, "
        f"{len(failed)} failed"
    )
