// Small forms for the lanes above the roll: chords; tempo, meter and key.
import { keyName, setChord, setKey, setMeter, setTempo, without } from "../model/edit";
import type { Store } from "../model/store";
import { h, popover } from "./dom";

export function chordForm(store: Store, tick: number, x: number, y: number): void {
  const here = store.piece.chords.find((c) => c.tick === tick);
  const input = h("input", { type: "text", maxLength: 24, value: here?.text ?? "", "aria-label": "Chord", placeholder: "Am7, F#dim, G/B", spellcheck: "false" });
  const form = popover(x, y + 22, "Chord",
    h("form", {
      method: "dialog", class: "lane-form",
      onsubmit: () => store.edit(setChord(store.piece, { tick, text: input.value.trim() }), input.value.trim() ? "set chord" : "remove chord"),
    },
      h("label", { class: "row" }, `Chord at ${store.timeline.position(tick)}`, input),
      h("div", { class: "buttons" },
        h("button", {
          type: "button", disabled: !here,
          onclick: () => {
            store.edit(setChord(store.piece, { tick, text: "" }), "remove chord");
            form.close();
          },
        }, "Remove"),
        h("button", { type: "submit", class: "primary" }, "Set"))));
}

export function conductForm(store: Store, tick: number, x: number, y: number): void {
  const { piece, timeline } = store;
  const bar = timeline.barAt(tick);
  const keyHere = [...piece.keys].reverse().find((k) => k.tick <= tick);
  const bpm = h("input", { type: "number", min: "20", max: "400", step: "0.1", value: String(Math.round(timeline.bpm(tick) * 10) / 10) });
  const numerator = h("input", { type: "number", min: "1", max: "32", value: String(bar.meter.numerator), "aria-label": "Beats a bar" });
  const denominator = h("select", { "aria-label": "Beat" }, ...[1, 2, 4, 8, 16, 32].map((n) => h("option", { value: String(n), selected: n === bar.meter.denominator }, String(n))));
  const keys = [false, true].flatMap((minor) => Array.from({ length: 15 }, (_, i) => ({ sharps: i - 7, minor })));
  const key = h("select", { "aria-label": "Key" }, h("option", { value: "", selected: !keyHere }, "none"),
    ...keys.map((k, i) => h("option", { value: String(i), selected: keyHere && k.sharps === keyHere.sharps && k.minor === keyHere.minor }, keyName(k))));
  const at = bar.index + 1;
  const removable = tick > 0 && [piece.tempos, piece.meters, piece.keys].some((list) => list.some((e) => e.tick === tick));
  const form = popover(x, y + 22, `Tempo, meter and key from bar ${at}`,
    h("form", {
      method: "dialog", class: "lane-form",
      onsubmit: () => {
        let next = store.piece;
        if (Math.abs(Number(bpm.value) - timeline.bpm(tick)) > 0.05) next = setTempo(next, tick, Number(bpm.value));
        const meter = { tick, numerator: Math.max(1, Math.min(32, Math.round(Number(numerator.value)))), denominator: Number(denominator.value) };
        if (meter.numerator !== bar.meter.numerator || meter.denominator !== bar.meter.denominator) next = setMeter(next, meter);
        const chosen = key.value === "" ? undefined : keys[Number(key.value)];
        if (chosen && (chosen.sharps !== keyHere?.sharps || chosen.minor !== keyHere?.minor)) next = setKey(next, { tick, ...chosen });
        store.edit(next, "set tempo, meter or key");
      },
    },
      h("p", { class: "place" }, `From bar ${at} on`),
      h("label", { class: "row" }, "Tempo (quarter notes a minute)", bpm),
      h("div", { class: "row" }, h("span", {}, "Meter"), h("span", { class: "meter" }, numerator, "/", denominator)),
      h("label", { class: "row" }, "Key", key),
      h("div", { class: "buttons" },
        h("button", {
          type: "button", disabled: !removable,
          onclick: () => {
            store.edit({ ...store.piece, tempos: without(store.piece.tempos, tick), meters: without(store.piece.meters, tick), keys: without(store.piece.keys, tick) }, "remove change");
            form.close();
          },
        }, "Remove changes here"),
        h("button", { type: "submit", class: "primary" }, "Set"))));
}
