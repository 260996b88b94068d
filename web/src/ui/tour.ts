// Five steps that show how to write together.
import { h } from "./dom";

interface Step {
  on: string; // selector
  title: string;
  text: string;
}

const STEPS: Step[] = [
  { on: ".arrange-pane", title: "Your piece", text: "A lane for each track. Drag across tracks and bars to choose where the model may write. Drop a MIDI file anywhere to open it." },
  { on: ".roll-pane", title: "Your notes", text: "Draw, move and resize notes. Above them stand chords, tempo and meter; below, how hard each note is played." },
  { on: ".write-panel", title: "Ask for little", text: "One or two bars of one part make the best partner. Propose writes several answers; how daring they are is up to you." },
  { on: ".roll-pane", title: "Proposals are ghosts", text: "They are translucent until you decide. Listen with L, step through them with N, accept with Enter, reject with Escape." },
  { on: ".transport", title: "Nothing is lost", text: "Undo reaches back over everything. The piece is kept in this browser; exported MIDI keeps all that you did not change." },
];

export function startTour(): Promise<void> {
  return new Promise((resolve) => {
    let at = 0;
    const spot = h("div", { class: "tour-spot", "aria-hidden": "true" });
    const card = h("dialog", { class: "tour-card", "aria-label": "Tour" });
    document.body.append(spot, card);
    const end = () => {
      spot.remove();
      card.remove();
      resolve();
    };
    const place = () => {
      const step = STEPS[at];
      const target = document.querySelector(step.on);
      const shown = target && (target as HTMLElement).offsetParent !== null;
      const box = shown ? target.getBoundingClientRect() : new DOMRect(innerWidth / 2, innerHeight / 2, 0, 0);
      Object.assign(spot.style, { left: `${box.left}px`, top: `${box.top}px`, width: `${box.width}px`, height: `${box.height}px` });
      card.replaceChildren(
        h("h2", {}, step.title),
        h("p", {}, step.text),
        h("div", { class: "tour-steps" },
          h("span", { class: "dots", "aria-label": `Step ${at + 1} of ${STEPS.length}`, role: "img" }, ...STEPS.map((_, i) => h("i", { class: i === at ? "on" : "" }))),
          h("button", { type: "button", onclick: () => card.close() }, "Skip"),
          h("button", {
            type: "button", class: "primary", autofocus: true,
            onclick: () => {
              if (++at === STEPS.length) card.close();
              else place();
            },
          }, at + 1 === STEPS.length ? "Start" : "Next")));
      const size = card.getBoundingClientRect();
      const left = box.left + box.width / 2 - size.width / 2;
      const below = box.bottom + 14 + size.height < innerHeight;
      const top = below ? box.bottom + 14 : Math.max(12, box.top + box.height / 2 - size.height / 2);
      card.style.left = `${Math.max(12, Math.min(left, innerWidth - size.width - 12))}px`;
      card.style.top = `${Math.min(top, innerHeight - size.height - 12)}px`;
      (card.querySelector(".primary") as HTMLElement).focus();
    };
    card.addEventListener("close", end);
    card.addEventListener("keydown", (e) => {
      if (e.key === "Escape") card.close();
      e.stopPropagation();
    });
    card.show();
    place();
  });
}
