// Times sage-music beside other runtimes, interleaved, and prints the tables; called by compare.sh, which installs and compiles.
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import {markdown} from './report.mjs';
import {headCounts, others, ourMembers, output, runOurs, widths} from './systems.mjs';
import {parameterCount, shapes} from './weights.mjs';

const usage = `Times sage-music beside llama.cpp and ONNX Runtime on this machine, interleaved.

  bench/runtimes/compare.sh [OPTIONS]

  --program FILE     the program (default: build/release/bin/sage-music)
  --widths LIST      of int8, int4, 16 (bf16, f16), f32 (default: int8,int4)
  --kv-heads LIST    of 8 (mha), 2 (gqa), 1 (mqa, as-kvhs) (default: 8,2,1)
  --contexts LIST    tokens in the cache while decoding (default: 256,1024,4096)
  --threads N        of every runtime (default: 2)
  --rounds N         turns that count (default: 3)
  --json FILE        all figures, too
`;

const options = {program: '', widths: 'int8,int4', 'kv-heads': headCounts.join(), contexts: '256,1024,4096', threads: '2',
                 rounds: '3', json: '', build: ''};

class Usage extends Error {}

function listOf(name, known) {
  const values = options[name].split(',').map((text) => (name === 'widths' && text === '16' ? '16 bits' : text));
  for (const value of values)
    if (!known.map(String).includes(value)) throw new Usage(`--${name} takes ${known.join(', ')}, not '${value}'`);
  return values;
}

function positive(name, text) {
  if (!/^[1-9][0-9]{0,4}$/.test(text)) throw new Usage(`--${name} takes whole numbers from 1, not '${text}'`);
  return Number(text);
}

function parseOptions(list) {
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i].replace(/^--/, '');
    if (!list[i].startsWith('--') || !(name in options)) throw new Usage(`no option is called '${list[i]}'`);
    if (list[i + 1] === undefined) throw new Usage(`${list[i]} needs a value`);
    options[name] = list[i + 1];
  }
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

/** Prints what is being done, on stderr: one line that is replaced on a terminal, a line each elsewhere. */
function say(text) {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `compare: ${text}\n`);
}

/** The steps of one part of the work: how many are done and how long the others will take. */
class Progress {
  constructor(steps) {
    Object.assign(this, {steps, done: 0, start: Date.now()});
  }
  step(text) {
    const passed = (Date.now() - this.start) / 1000;
    const left = this.done === 0 ? '' : `, about ${Math.round((passed / this.done) * (this.steps - this.done))} s left`;
    say(`${this.done} of ${this.steps} done${left}: ${text}`);
    ++this.done;
  }
  end() {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  }
}

/** The vocabulary that gives our program's own count of parameters; so both sides have models of one size. */
async function vocabularyOf(setup) {
  const {parameters} = await runOurs(setup, 'mha', 8, 'int8', {contexts: 16, tokens: 1, repeats: 1});
  const vocabulary = (parameters - parameterCount({...shapes.base, kvHeads: 8, vocabulary: 0})) / shapes.base.d;
  if (!Number.isInteger(vocabulary) || vocabulary < 1)
    throw new Error(`the base shape of ${setup.program} (${parameters} parameters) is not the one in weights.mjs`);
  return vocabulary;
}

/** Widths that our program has. */
async function ownWidths(setup, wanted) {
  const own = [];
  for (const width of wanted) {
    const there = await runOurs(setup, 'mqa', 1, width, {contexts: 16, tokens: 1, repeats: 1}).catch(() => null);
    if (there !== null) own.push(width);
  }
  return own;
}

/** Both runtimes must compute the same function of the same weights; here in f32, where nothing is rounded away. */
async function checkAgreement(setup) {
  const run = {contexts: 64, tokens: 8, repeats: 1, prefills: 1};
  const results = [];
  for (const [system, setting] of [[others[0], {type: 'f32', flash: 0, cache: 'f32'}], [others[1], {product: 'f32', cache: 'float32'}]])
    results.push((await system.run(setup, 'tiny', 2, setting, run)).logits);
  const difference = Math.max(...results[0].map((value, i) => Math.abs(value - results[1][i])));
  if (!(difference < 1e-3)) throw new Error(`llama.cpp and ONNX Runtime compute different logits, ${difference} apart`);
  return difference;
}

/** All cells {system, width, kvHeads} with the settings that were best at something when each was tried once. */
async function chooseSettings(setup, wanted) {
  const cells = [];
  for (const width of wanted.widths)
    for (const kvHeads of wanted.kvHeads)
      for (const system of others)
        if (system.settings(width).length > 0) cells.push({system, width, kvHeads, settings: [], runs: []});
  const progress = new Progress(cells.reduce((sum, cell) => sum + cell.system.settings(cell.width).length, 0));
  for (const cell of cells) {
    const tried = [];
    for (const setting of cell.system.settings(cell.width)) {
      progress.step(`trying ${cell.system.name}, ${cell.kvHeads} K/V heads, ${cell.system.label(setting)}`);
      const run = {contexts: setup.contexts.join(), tokens: 16, repeats: 2, prefills: 1};
      tried.push({setting, ...await cell.system.run(setup, 'base', cell.kvHeads, setting, run)});
    }
    const best = new Set();
    for (const context of setup.contexts)
      for (const kind of ['decode', 'prefill']) {
        const rates = tried.map(({rows}) => Math.max(...rows[context][kind]));
        best.add(rates.indexOf(Math.max(...rates)));
      }
    cell.settings = [...best].map((index) => tried[index].setting);
  }
  progress.end();
  return cells;
}

/** Runs everything interleaved; every run is kept with its cell. */
async function measure(setup, cells, ours, rounds) {
  const perRound = cells.reduce((sum, cell) => sum + cell.settings.length, 0) + ours.length;
  const progress = new Progress(rounds * perRound);
  const contexts = setup.contexts.join();
  for (let round = 0; round < rounds; ++round) {
    for (const width of widths) {
      for (const kvHeads of headCounts) {
        const here = (cell) => cell.width === width && cell.kvHeads === kvHeads;
        for (const cell of cells.filter(here))
          for (const setting of cell.settings) {
            progress.step(`round ${round + 1}, ${cell.system.name}, ${width}, ${kvHeads} K/V heads`);
            const run = {contexts, tokens: 32, repeats: 5, prefills: 1};
            cell.runs.push({setting, ...await cell.system.run(setup, 'base', kvHeads, setting, run)});
          }
        for (const cell of ours.filter(here)) {
          progress.step(`round ${round + 1}, sage-music, ${width}, ${cell.member}`);
          cell.runs.push(await runOurs(setup, cell.member, kvHeads, width, {contexts, tokens: 32, repeats: 5}));
        }
      }
    }
  }
  progress.end();
}

/** {context: {decode: {median, best, with}, prefill: ...}}: of several settings the one with the best median. */
function summarised(cell, contexts, label) {
  const out = {};
  for (const context of contexts) {
    out[context] = {};
    for (const kind of ['decode', 'prefill']) {
      const bySetting = new Map();
      for (const {setting, rows} of cell.runs) {
        const rates = rows[context][kind];
        const run = Array.isArray(rates) ? {median: median(rates), best: Math.max(...rates)}
                                         : {median: rates.median, best: rates.max};
        const name = label(setting);
        bySetting.set(name, [...(bySetting.get(name) ?? []), run]);
      }
      const summaries = [...bySetting].map(([name, runs]) => ({
        with: name, median: median(runs.map((run) => run.median)), best: Math.max(...runs.map((run) => run.best))}));
      out[context][kind] = summaries.sort((a, b) => b.median - a.median)[0];
    }
  }
  return out;
}

async function main() {
  if (process.argv.includes('--help')) {
    process.stdout.write(usage);
    return;
  }
  parseOptions(process.argv.slice(2));
  const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
  const wanted = {widths: listOf('widths', widths), kvHeads: listOf('kv-heads', headCounts).map(Number)};
  const setup = {
    build: options.build,
    program: path.resolve(options.program || path.join(root, 'build/release/bin/sage-music')),
    contexts: options.contexts.split(',').map((text) => positive('contexts', text)),
    threads: positive('threads', options.threads),
  };
  const rounds = positive('rounds', options.rounds);
  if (!fs.existsSync(setup.program))
    throw new Error(`there is no program ${setup.program}; build it (scripts/build.sh release) or name it with --program`);
  setup.capacity = Math.ceil((Math.max(...setup.contexts) + 32) / 256) * 256;
  const version = (await output(setup.program, ['--version'])).trim();
  say('asking sage-music for the size of its models');
  setup.vocabulary = await vocabularyOf(setup);
  fs.mkdirSync(path.join(setup.build, 'models'), {recursive: true});

  const load = os.loadavg()[0];
  say('checking that llama.cpp and ONNX Runtime compute the same');
  const agreement = await checkAgreement(setup);
  say('asking sage-music for its types of weights');
  const ownWide = await ownWidths(setup, wanted.widths);
  const ours = [];
  for (const width of ownWide)
    for (const kvHeads of wanted.kvHeads)
      for (const member of ourMembers[kvHeads]) ours.push({width, kvHeads, member, runs: []});
  const start = Date.now();
  const cells = await chooseSettings(setup, wanted);
  await measure(setup, cells, ours, rounds);

  const descriptions = {};
  for (const cell of cells)
    (descriptions[cell.system.name] ??= new Set()).add(`${cell.width}: ${cell.runs[0].description}`);
  for (const cell of ours) {
    const expected = parameterCount({...shapes.base, kvHeads: cell.kvHeads, vocabulary: setup.vocabulary});
    if (cell.member !== 'as-kvhs' && cell.runs[0].parameters !== expected)
      throw new Error(`${cell.member} has ${cell.runs[0].parameters} parameters here and ${expected} elsewhere`);
    (descriptions['sage-music'] ??= new Set()).add(`${cell.width}: ${version}, ${cell.runs[0].description}`);
  }
  const report = {
    processor: os.cpus()[0].model.trim(), cores: os.cpus().length, date: new Date().toISOString().slice(0, 10),
    load_before: load, minutes: (Date.now() - start) / 60000, threads: setup.threads, rounds, vocabulary: setup.vocabulary,
    agreement, descriptions: Object.fromEntries(Object.entries(descriptions).map(([name, set]) => [name, [...set]])),
    contexts: setup.contexts,
    others: cells.map((cell) => ({system: cell.system.name, width: cell.width, kv_heads: cell.kvHeads,
                                  rates: summarised(cell, setup.contexts, cell.system.label)})),
    ours: ours.map((cell) => ({member: cell.member, width: cell.width, kv_heads: cell.kvHeads,
                               rates: summarised(cell, setup.contexts, () => '')})),
  };
  process.stdout.write(markdown(report));
  if (options.json) {
    fs.writeFileSync(`${options.json}.part`, JSON.stringify(report, null, 2) + '\n');
    fs.renameSync(`${options.json}.part`, options.json);
  }
}

main().catch((error) => {
  process.stderr.write(`compare: ${error.message}\n`);
  process.exitCode = error instanceof Usage ? 2 : 1;
});
