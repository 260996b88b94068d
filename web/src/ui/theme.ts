// Colours of the canvases, read from the style sheet, so that light and dark are declared once.

export interface Theme {
  back: string;
  row: string; // of black keys
  line: string;
  beat: string;
  bar: string;
  text: string;
  faint: string;
  accent: string; // selection
  ghost: string; // what the model proposes
  playhead: string;
  keyWhite: string;
  keyBlack: string;
  panel: string;
  dark: boolean;
  tracks: string[];
}

const TRACKS = 10;
let theme: Theme | undefined;

export function currentTheme(): Theme {
  if (theme) return theme;
  const style = getComputedStyle(document.documentElement);
  const get = (name: string) => style.getPropertyValue(name).trim();
  theme = {
    back: get("--roll-back"),
    row: get("--roll-row"),
    line: get("--roll-line"),
    beat: get("--roll-beat"),
    bar: get("--roll-bar"),
    text: get("--text"),
    faint: get("--text-faint"),
    accent: get("--accent"),
    ghost: get("--ghost"),
    playhead: get("--playhead"),
    keyWhite: get("--key-white"),
    keyBlack: get("--key-black"),
    panel: get("--panel"),
    dark: get("--dark") === "1",
    tracks: Array.from({ length: TRACKS }, (_, i) => get(`--track-${i}`)),
  };
  return theme;
}

export type ThemeChoice = "auto" | "light" | "dark";

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
let chosen: ThemeChoice = "auto";

export function chooseTheme(choice: ThemeChoice): void {
  chosen = choice;
  theme = undefined;
  const dark = choice === "dark" || (choice === "auto" && systemIsDark.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  for (const listener of listeners) listener();
}
const listeners: (() => void)[] = [];
export function onTheme(listener: () => void): void {
  listeners.push(listener);
}
systemIsDark.addEventListener("change", () => chooseTheme(chosen));
