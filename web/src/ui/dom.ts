// Small helpers to make elements.

type Child = Node | string | undefined | false;
type Props = Record<string, unknown>;

/** An element with properties (`class`, `onclick`, `aria-label`, ...) and children. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  set(element, props);
  for (const child of children) if (child) element.append(child);
  return element;
}

export function set(element: HTMLElement, props: Props): void {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined) continue;
    if (name.startsWith("on")) (element as unknown as Props)[name] = value;
    else if (name in element && !name.includes("-") && typeof value !== "string") (element as unknown as Props)[name] = value;
    else if (name === "value") (element as HTMLInputElement).value = String(value);
    else if (value === false || value === null) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

const ICONS: Record<string, string> = {
  play: "M7 4.5v15l13-7.5z",
  stop: "M6 6h12v12H6z",
  record: "M12 5a7 7 0 1 1 0 14 7 7 0 0 1 0-14z",
  start: "M5 5h2.5v14H5zM20 5v14L9 12z",
  undo: "M8 5 3.5 9.5 8 14v-3.2h6a3.6 3.6 0 0 1 0 7.2H8V20h6a5.6 5.6 0 0 0 0-11.2H8z",
  redo: "M16 5l4.500 4.500L16 14v-3.200h-6a3.600 3.600 0 0 0 0 7.200h6V20h-6a5.600 5.600 0 0 1 0-11.200h6z",
  metronome: "M9 3h6l4 18H5zm1.600 2L8.300 16h3.300l4.700-9.300 1.600.8L13.900 16h1.800L13.400 5z",
  loop: "M7 7h9V4l5 4.500L16 13v-3H7a3 3 0 0 0 0 6h1v3H7A6 6 0 0 1 7 7z",
  plus: "M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z",
  lock: "M7 10V8a5 5 0 0 1 10 0v2h1v10H6V10zm2 0h6V8a3 3 0 0 0-6 0z",
  unlock: "M7 10V8a5 5 0 0 1 9.600-2l-1.800.8A3 3 0 0 0 9 8v2h9v10H6V10z",
  trash: "M9 4h6l1 2h4v2H4V6h4zM6 9h12l-1 12H7z",
  check: "M9.500 17.500 4 12l1.800-1.800 3.700 3.700 8.700-8.700L20 7z",
  close: "M6.400 5 12 10.600 17.600 5 19 6.400 13.400 12l5.600 5.600-1.400 1.400L12 13.400 6.400 19 5 17.600 10.600 12 5 6.400z",
  next: "M8.500 5 16 12l-7.500 7L7 17.500 13 12 7 6.500z",
  previous: "M15.500 5 8 12l7.500 7 1.500-1.500L11 12l6-5.500z",
  menu: "M4 6h16v2H4zm0 5h16v2H4zm0 5h16v2H4z",
  help: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zm-1 13v2h2v-2zm1-10a3.800 3.800 0 0 0-3.800 3.700h2a1.800 1.800 0 1 1 2.700 1.600c-1.100.7-1.900 1.500-1.900 3.200h2c0-1 .4-1.300 1.200-1.800A3.800 3.800 0 0 0 12 6z",
  pencil: "M4 16.500 15.500 5 19 8.500 7.500 20H4zM16.500 4l1-1L21 6.500l-1 1z",
  pointer: "M6 3l13 9.500-5.600.9 3.200 6-2.400 1.200-3.100-6.100L6 18z",
  sun: "M12 7a5 5 0 1 1 0 10 5 5 0 0 1 0-10zM11 1h2v4h-2zm0 18h2v4h-2zM1 11h4v2H1zm18 0h4v2h-4zM4.200 2.800 7 5.600 5.600 7 2.800 4.200zM18.400 17l2.800 2.800-1.400 1.400-2.800-2.800zM19.800 2.800l1.400 1.400L18.400 7 17 5.600zM5.600 17 7 18.400l-2.800 2.800-1.400-1.400z",
  dice: "M5 4h14a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zm3.500 3a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3zm7 7a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3zM12 10.500a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3z",
  wand: "M15 4l1 2.500L18.500 8 16 9l-1 2.500L14 9l-2.500-1L14 6.500zM20 12l.6 1.500 1.400.5-1.400.6L20 16l-.6-1.400L18 14l1.400-.5zM11.500 9.500l3 3L6 21l-3-3z",
  capture: "M12 4v3a6 6 0 1 1-6 6H3a9 9 0 1 0 9-9zM11 9h2v4l3 2-1 1.700-4-2.700z",
  band: "M8 4a3 3 0 1 1 0 6 3 3 0 0 1 0-6zm8.500 1.500a2.500 2.500 0 1 1 0 5 2.500 2.500 0 0 1 0-5zM2.500 19c0-4 2.300-7 5.500-7s5.500 3 5.500 7zm12.500 0c0-2.300-.6-4.400-1.700-6 .9-.7 2-1 3.200-1 3 0 5 2.800 5 7z",
  keyboard: "M3 6h18v12H3zm2 2v8h3V8zm5 0v5h1v3h3v-3h1V8zm7 0v8h2V8z",
  more: "M5 10a2 2 0 1 1 0 4 2 2 0 0 1 0-4zm7 0a2 2 0 1 1 0 4 2 2 0 0 1 0-4zm7 0a2 2 0 1 1 0 4 2 2 0 0 1 0-4z",
};

export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}

/** A button with an icon; its label is its tooltip too. */
export function iconButton(name: string, label: string, onclick: () => void, keys = ""): HTMLButtonElement {
  const title = keys ? `${label} (${keys})` : label;
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title, onclick }, icon(name));
}

export function toggle(button: HTMLElement, on: boolean): void {
  button.setAttribute("aria-pressed", String(on));
}

const live = h("div", { class: "sr-only", "aria-live": "polite", role: "status" });
document.body.append(live);
const shown = h("div", { class: "hint", "aria-hidden": "true" });

/** Told to screen readers, and in the status line. */
export function say(text: string): void {
  live.textContent = text;
  shown.textContent = text;
}
export function statusText(): HTMLElement {
  return shown;
}

/** A message that goes by itself; errors stay longer. */
export function toast(text: string, kind: "info" | "error" = "info"): void {
  const box = h("div", { class: `toast ${kind}`, role: kind === "error" ? "alert" : "status" }, text);
  let corner = document.querySelector(".toasts");
  if (!corner) document.body.append((corner = h("div", { class: "toasts" })));
  corner.append(box);
  setTimeout(() => box.remove(), kind === "error" ? 9000 : 3500);
}

export function download(name: string, data: Blob | Uint8Array | string, type = "application/octet-stream"): void {
  const blob = data instanceof Blob ? data : new Blob([data as BlobPart], { type });
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A dialog in the middle; resolves when it is closed. */
export function dialog(title: string, ...content: Child[]): { element: HTMLDialogElement; closed: Promise<void> } {
  const heading = h("h2", {}, title);
  const element = h("dialog", { "aria-label": title },
    h("header", {}, heading, iconButton("close", "Close", () => element.close(), "Esc")),
    h("div", { class: "dialog-body" }, ...content));
  document.body.append(element);
  const closed = new Promise<void>((resolve) =>
    element.addEventListener("close", () => {
      element.remove();
      resolve();
    }),
  );
  element.addEventListener("click", (e) => {
    if (e.target === element) element.close();
  });
  element.showModal();
  return { element, closed };
}

/** A small form at a place of the window. */
export function popover(x: number, y: number, label: string, ...content: Child[]): HTMLDialogElement {
  document.querySelector(".popover")?.remove();
  const element = h("dialog", { class: "popover", "aria-label": label }, ...content);
  document.body.append(element);
  element.show();
  const box = element.getBoundingClientRect();
  element.style.left = `${Math.max(8, Math.min(x, innerWidth - box.width - 8))}px`;
  element.style.top = `${Math.max(8, Math.min(y, innerHeight - box.height - 8))}px`;
  const outside = (e: PointerEvent) => {
    if (!element.contains(e.target as Node)) element.close();
  };
  setTimeout(() => addEventListener("pointerdown", outside, true));
  element.addEventListener("keydown", (e) => {
    if (e.key === "Escape") element.close();
    e.stopPropagation();
  });
  element.addEventListener("close", () => {
    removeEventListener("pointerdown", outside, true);
    element.remove();
  });
  (element.querySelector("input, select, button") as HTMLElement | null)?.focus();
  return element;
}

/** A menu below a button, walked with the arrow keys. */
export function menu(button: HTMLElement, items: { label: string; keys?: string; act: () => void }[]): void {
  const box = button.getBoundingClientRect();
  const list = popover(box.left, box.bottom + 4, button.getAttribute("aria-label") ?? "Menu",
    h("div", { class: "menu", role: "menu" },
      ...items.map((item) =>
        h("button", {
          type: "button", role: "menuitem",
          onclick: () => {
            list.close();
            item.act();
          },
        }, item.label, h("kbd", {}, item.keys ?? "")))));
  list.addEventListener("keydown", (e) => {
    const buttons = [...list.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    if (e.key === "ArrowDown") buttons[(at + 1) % buttons.length].focus();
    else if (e.key === "ArrowUp") buttons[(at - 1 + buttons.length) % buttons.length].focus();
    else return;
    e.preventDefault();
  });
  list.addEventListener("close", () => button.focus());
}
