'use strict';
// One screen a step. The order of steps follows from the test and the participant's name alone, so
// that a page that is opened again goes on where it was.

const SCALES = {
  coherence: ['Coherence', 'Do its parts belong together, does it lead somewhere?'],
  richness: ['Richness', 'Is there enough going on, without clutter?'],
  arrangement: ['Arrangement', 'Do the instruments work together?'],
  overall: ['Overall', 'How good is it as music?'],
};

/// Random numbers in [0, 1) that a text determines (FNV-1a, then mulberry32).
function randomOf(text) {
  let h = 2166136261;
  for (const c of text) h = Math.imul(h ^ c.codePointAt(0), 16777619);
  return () => {
    h = (h + 0x6d2b79f5) | 0;
    let t = Math.imul(h ^ (h >>> 15), 1 | h);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function shuffled(list, random) {
  const out = [...list];
  for (let i = out.length - 1; i > 0; --i) {
    const j = Math.floor(random() * (i + 1));
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}

/// All clips in rounds: each round has one clip of every piece, so that clips of one piece stand
/// apart; none follows directly where there is a choice.
function ratingOrder(clips, random) {
  const pieces = [...new Set(clips.map((c) => c.piece))];
  const of = new Map(pieces.map((p) => [p, shuffled(clips.filter((c) => c.piece === p), random)]));
  const rounds = Math.max(...[...of.values()].map((list) => list.length));
  const out = [];
  for (let round = 0; round < rounds; ++round) {
    const order = shuffled(pieces.filter((p) => of.get(p)[round]), random);
    if (out.length && order.length > 1 && out.at(-1).piece === order[0]) order.reverse();
    for (const p of order) out.push(of.get(p)[round]);
  }
  return out.map((c) => c.id);
}

/// As many pairs of each group as of any other, up to one; in each, either side comes first as
/// often as the other, up to one.
function pairOrder(test, random) {
  const groups = new Map();
  for (const pair of shuffled(test.pairs, random)) {
    if (!groups.has(pair.group)) groups.set(pair.group, []);
    groups.get(pair.group).push(pair);
  }
  const lists = shuffled([...groups.values()], random);
  const flips = lists.map(() => (random() < 0.5 ? 1 : 0));
  const out = [];
  for (let i = 0; out.length < test.pairs_each; ++i) {
    const g = i % lists.length, k = Math.floor(i / lists.length), pair = lists[g][k];
    if (!pair) continue;
    // Within a group, a is always the same system's.
    out.push((k + flips[g]) % 2 ? { a: pair.a, b: pair.b } : { a: pair.b, b: pair.a });
  }
  return shuffled(out, random);
}

function plan(test, participant) {
  const random = randomOf(test.test + participant);
  const ratings = ratingOrder(test.clips, random).map((clip) => ({ kind: 'rating', clip }));
  const half = Math.floor(ratings.length / 2);
  ratings.splice(half, 0, { kind: 'instruction' });
  ratings.push({ kind: 'rating', clip: test.late });
  const pairs = pairOrder(test, random).map((pair) => ({ kind: 'pair', ...pair }));
  const extra = random() < 0.5 ? test.extra : { a: test.extra.b, b: test.extra.a };
  pairs.splice(Math.floor(random() * (pairs.length + 1)), 0, { kind: 'pair', ...extra });
  return [{ kind: 'welcome' }, { kind: 'count' }, ...ratings, ...pairs, { kind: 'end' }];
}

// ---------------------------------------------------------------------------------------- state

const test = JSON.parse(document.getElementById('test').textContent);
const store = 'sage-listening-' + test.test;
const now = () => new Date().toISOString();

function newName() {
  const asked = new URLSearchParams(location.search).get('participant') || '';
  if (/^[\w-]{1,40}$/.test(asked)) return asked;
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  return 'p-' + [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
}

function load() {
  try {
    const kept = JSON.parse(localStorage.getItem(store));
    if (kept && kept.participant && kept.answers) return kept;
  } catch { /* no storage, or something else in it: begin anew */ }
  return { participant: newName(), started: now(), at: 0, about: {}, answers: {} };
}
const state = load();
const steps = plan(test, state.participant);
let shown = 0; // when the present step appeared, ms

function save() {
  try { localStorage.setItem(store, JSON.stringify(state)); } catch { /* then without */ }
}

function result() {
  const kept = (kind) => steps.map((step, i) => ({ step, answer: state.answers[i] }))
    .filter(({ step }) => step.kind === kind);
  return {
    format: 'sage-music-listening-result', version: 1, test: test.test,
    app_version: test.app_version, participant: state.participant, started: state.started,
    finished: state.finished, about: state.about,
    count: kept('count')[0].answer.count,
    instruction: kept('instruction')[0].answer,
    ratings: kept('rating').map(({ step, answer }) => ({ clip: step.clip, ...answer })),
    pairs: kept('pair').map(({ step, answer }) => ({ a: step.a, b: step.b, ...answer })),
  };
}

// --------------------------------------------------------------------------------------- screen

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    name.startsWith('on') ? node.addEventListener(name.slice(2), value)
                          : node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const PLAY = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 4.5v15l13-7.5z"/></svg>';
const PAUSE =
  '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 4h4v16H6zM14 4h4v16h-4z"/></svg>';
let players = []; // of the present step

/// A clip that can be heard; `heard` counts seconds that sounded.
function player(clip, name) {
  const audio = new Audio('clips/' + clip + '.wav');
  const fill = make('i'), time = make('span', { class: 'time' }, '0 s');
  const button = make('button', { class: 'play', type: 'button' });
  const self = { audio, button, heard: 0, length: test.seconds, error: false };
  let last = 0;
  const draw = () => {
    button.innerHTML = audio.paused ? PLAY : PAUSE;
    button.setAttribute('aria-label', (audio.paused ? 'Play ' : 'Pause ') + (name || 'the clip'));
  };
  audio.preload = 'auto';
  audio.addEventListener('loadedmetadata', () => { self.length = audio.duration; });
  audio.addEventListener('timeupdate', () => {
    const step = audio.currentTime - last;
    if (step > 0 && step < 1.5) self.heard += step;
    last = audio.currentTime;
    fill.style.width = (100 * last) / self.length + '%';
    time.textContent = Math.floor(last) + ' of ' + Math.round(self.length) + ' s';
    refresh();
  });
  audio.addEventListener('error', () => { self.error = true; refresh(); });
  for (const event of ['play', 'pause', 'ended']) audio.addEventListener(event, draw);
  button.addEventListener('click', () => {
    if (!audio.paused) return audio.pause();
    for (const other of players) if (other !== self) other.audio.pause();
    audio.play().catch(() => { self.error = true; refresh(); });
  });
  draw();
  players.push(self);
  const label = name ? [make('b', {}, name)] : [];
  self.node = make('div', { class: 'player' }, ...label, button,
                   make('div', { class: 'track' }, fill), time);
  return self.node;
}

function scale(name, values, ends, legend, choose) {
  const labels = values.map((value) => make('label', {}, make('input', {
    type: 'radio', name, value, 'aria-label': legend[0] + ' ' + value,
    onchange: () => { choose(value); refresh(); } }), make('span', {}, String(value))));
  const small = legend[1] ? [make('small', {}, legend[1])] : [];
  return make('fieldset', {}, make('legend', {}, legend[0], ...small),
              make('div', { class: 'scale' }, ...labels),
              make('div', { class: 'ends' }, make('span', {}, ends[0]), make('span', {}, ends[1])));
}

let given = {};   // the answer so far
let missing = () => ''; // what the present step still lacks, in words
let warned = false;

function refresh() {
  const button = document.querySelector('.next'), warn = document.querySelector('.warn');
  if (!button || !warn) return; // the last step
  const broken = players.some((p) => p.error);
  button.setAttribute('aria-disabled', missing() || broken ? 'true' : 'false');
  warn.textContent = broken ? 'A clip cannot be played: is the folder “clips” beside this page?'
                            : warned ? missing() : '';
}

function needHearing() {
  const short = players.some((p) => p.heard < p.length / 2);
  return short ? 'Please listen to at least half of it first.' : '';
}

function proceed() {
  if (document.querySelector('.next')?.getAttribute('aria-disabled') === 'true') {
    warned = true;
    return refresh();
  }
  const heard = players.map((p) => Math.round(p.heard * 10) / 10);
  const seconds = Math.round((Date.now() - shown) / 100) / 10;
  const kind = steps[state.at].kind;
  if (kind === 'welcome') state.about = given, state.started = now();
  else state.answers[state.at] = { ...given, heard, seconds };
  state.at += 1;
  if (steps[state.at].kind === 'end') state.finished = now();
  save();
  show();
}

function card(title, ...children) {
  const button = make('button', { class: 'next', type: 'button', onclick: proceed }, 'Next');
  return make('section', { class: 'card' }, make('h1', {}, title), ...children,
              make('div', { class: 'row' }, make('span', { class: 'warn', role: 'status' }), button));
}

const soft = (text) => make('p', { class: 'soft' }, text);

function ratings() {
  missing = () => needHearing() ||
    (test.scales.some((s) => !given[s]) ? 'Please answer all of the questions.' : '');
  return test.scales.map((s) => scale(s, [1, 2, 3, 4, 5], ['poor', 'excellent'], SCALES[s],
                                      (value) => { given[s] = value; }));
}

function chooser(name, text, options) {
  const select = make('select', { id: name, onchange: () => { given[name] = select.value; } },
                      ...options.map((o) => make('option', { value: o }, o)));
  given[name] = options[0];
  return [make('label', { class: 'line', for: name }, text), select];
}

const SCREENS = {
  welcome() {
    missing = () => '';
    const clips = test.clips.length + 1, pairs = test.pairs_each + 1;
    const minutes = Math.ceil((clips * (test.seconds + 12) + pairs * (2 * test.seconds + 8)) / 60);
    return card('Listen to short pieces of music, and say how you find them',
      make('p', {}, `You will rate ${clips} clips of ${Math.round(test.seconds)} seconds, and then `
        + `say of ${pairs} pairs which you like better. That takes about ${minutes} minutes; you `
        + 'may stop and go on later on this device.'),
      make('ul', {},
        make('li', {}, 'Use headphones or good loudspeakers, in a quiet place.'),
        make('li', {}, 'The sounds of the instruments are the same everywhere. Judge the music.'),
        make('li', {}, 'There are no right answers. A few steps check that you are listening.')),
      soft('What is kept: your answers, how long they took, the two answers below, and a random '
        + 'name (' + state.participant + '). It stays in this browser. Nothing is sent: at the end '
        + 'you save a file and hand it over yourself, or do not.'),
      ...chooser('training', 'How long have you played an instrument or sung?',
        ['I prefer not to say', 'never', 'less than 3 years', '3 to 10 years', 'over 10 years']),
      ...chooser('device', 'What do you listen with?',
        ['I prefer not to say', 'headphones', 'loudspeakers', 'built-in speaker']));
  },
  count() {
    missing = () => needHearing() || (given.count === undefined ? 'Please choose a number.' : '');
    return card('First, a check of your sound',
      make('p', {}, 'Set the volume so that you hear this well, and leave it there.'),
      player(test.count),
      scale('count', [1, 2, 3, 4, 5, 6], ['', ''], ['How many tones do you hear?'],
            (value) => { given.count = value; }));
  },
  rating(step) { return card('How do you find this music?', player(step.clip), ...ratings()); },
  instruction() {
    return card('A short check', make('p', {}, `No clip here. To show that you read this, please `
      + `choose ${test.choose} on every scale.`), ...ratings());
  },
  pair(step) {
    missing = () => needHearing() || (given.choice ? '' : 'Please choose one of the two.');
    const option = (value) => make('label', {}, make('input', {
      type: 'radio', name: 'choice', value,
      onchange: () => { given.choice = value; refresh(); } }),
      make('span', {}, value.toUpperCase() + ' is better'));
    return card('Which of the two do you like better?', player(step.a, 'A'), player(step.b, 'B'),
      make('div', { class: 'choice', role: 'radiogroup', 'aria-label': 'The better one' },
           option('a'), option('b')));
  },
  end() {
    const name = `listening-${test.test}-${state.participant}.json`;
    const text = JSON.stringify(result(), null, 1);
    const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    return make('section', { class: 'card' }, make('h1', {}, 'Thank you.'),
      make('p', {}, 'Save your answers as a file, and give it to whoever asked you to listen.'),
      make('div', { class: 'row' }, make('a', { class: 'next', href: url, download: name,
        style: 'text-decoration:none' }, 'Save my answers')),
      soft(name), soft('Nothing was sent. Clear this site’s data in your browser to forget it all.'));
  },
};

function show() {
  for (const p of players) p.audio.pause();
  players = [];
  given = {};
  warned = false;
  shown = Date.now();
  const step = steps[state.at], last = steps.length - 1;
  document.getElementById('main').replaceChildren(SCREENS[step.kind](step));
  document.getElementById('place').textContent =
    step.kind === 'welcome' ? '' : step.kind === 'end' ? 'done' : `${state.at} of ${last - 1}`;
  const bar = document.getElementById('progress');
  bar.setAttribute('aria-valuemax', last);
  bar.setAttribute('aria-valuenow', state.at);
  bar.firstElementChild.style.width = (100 * state.at) / last + '%';
  const keys = { rating: '1–5 answer the next question', count: '1–6 answer', pair: 'A, B play' };
  document.getElementById('footer').replaceChildren(keys[step.kind] ? make('p', { class: 'keys' },
    'Keys: ', make('kbd', {}, 'P'), ' plays, ', keys[step.kind] + ', ', make('kbd', {}, 'Enter'),
    ' goes on.') : '');
  refresh();
  document.getElementById('main').focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === 'SELECT') return;
  const key = event.key.toLowerCase();
  const sides = { p: 0, a: 0, b: 1 };
  if (key in sides && players[sides[key]]) players[sides[key]].button.click();
  else if (key >= '1' && key <= '9') {
    const sets = [...document.querySelectorAll('fieldset')];
    const open = sets.find((set) => !set.querySelector(':checked')) || sets.at(-1);
    open?.querySelector(`input[value="${key}"]`)?.click();
  } else if (key === 'enter' && event.target.tagName !== 'BUTTON' && event.target.tagName !== 'A')
    document.querySelector('.next')?.click();
});

document.title = test.title;
document.getElementById('title').textContent = test.title;
show();
