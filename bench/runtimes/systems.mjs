// The systems that are compared: the settings to try for each width of weights, the models they need, and how one process
// of each is run.
import {execFile} from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import {promisify} from 'node:util';

import {writeGguf} from './gguf.mjs';
import {writeOnnx} from './onnx.mjs';
import {shapes} from './weights.mjs';

export const widths = ['int8', 'int4', '16 bits', 'f32'];
export const headCounts = [8, 2, 1];

const execute = promisify(execFile);

/** Standard output of a program; its standard error becomes the error. */
export async function output(program, options) {
  try {
    return (await execute(program, options.map(String), {maxBuffer: 1 << 26})).stdout;
  } catch (error) {
    const name = path.basename(program), line = (error.stderr || error.message).trim().split('\n').at(-1);
    throw new Error(line.startsWith(name) ? line : `${name}: ${line}`);
  }
}

function model(shape, kvHeads, setup) {
  return {...shapes[shape], kvHeads, vocabulary: setup.vocabulary, context: setup.capacity};
}

const here = path.dirname(new URL(import.meta.url).pathname);
const writersChanged = Math.max(
  ...['weights', 'gguf', 'onnx'].map((name) => fs.statSync(path.join(here, `${name}.mjs`)).mtimeMs));

/** Makes a model file where it is missing or older than what writes it; an interrupted one leaves no half. */
function made(file, write) {
  if (!fs.existsSync(file) || fs.statSync(file).mtimeMs < writersChanged) {
    write(`${file}.part`);
    fs.renameSync(`${file}.part`, file);
  }
  return file;
}

/** Options that both stopwatches take. */
const timing = (setup, run) => ['--threads', setup.threads, '--vocabulary', setup.vocabulary, '--contexts', run.contexts,
                                '--tokens', run.tokens, '--repeats', run.repeats, '--prefills', run.prefills];

/** {description, rows: {context: {decode, prefill}}, logits} of a stopwatch's line. */
function parsed(line) {
  const {description, rows, first_logits: logits} = JSON.parse(line);
  return {description, logits, rows: Object.fromEntries(rows.map((row) => [row.context, row]))};
}

const named = (setup, shape, kvHeads, kind) =>
  path.join(setup.build, 'models', `${shape}-${setup.vocabulary}-${setup.capacity}-${kvHeads}-${kind}`);

const llamaCpp = {
  name: 'llama.cpp',
  settings(width) {
    const types = {int8: ['q8_0'], int4: ['q4_0'], '16 bits': ['bf16', 'f16'], f32: ['f32']}[width];
    const attention = [{flash: 1, cache: 'f16'}, {flash: 0, cache: 'f16'}, {flash: 1, cache: 'q8_0'}];
    return types.flatMap((type) => attention.map((rest) => ({type, ...rest})));
  },
  label: ({type, flash, cache}) => `${type}, cache ${cache}${flash ? ', flash attention' : ''}`,
  async run(setup, shape, kvHeads, {type, flash, cache}, run) {
    const file = made(`${named(setup, shape, kvHeads, type)}.gguf`,
                      (part) => writeGguf(part, model(shape, kvHeads, setup), type));
    const folder = path.join(setup.build, 'node_modules/@node-llama-cpp/linux-x64/bins/linux-x64');
    return parsed(await output(path.join(setup.build, 'llama_cpp'), [
      '--folder', folder, '--model', file, '--flash', flash, '--cache', cache, ...timing(setup, run)]));
  },
};

const onnxRuntime = {
  name: 'ONNX Runtime',
  settings(width) {
    const all = ['int8', 'float32'].map((cache) => ({product: {int8: 'dynamic8', int4: 'nbits4', f32: 'f32'}[width], cache}));
    if (width === '16 bits') return [];  // its processor code has no 16-bit products of these
    return width === 'int8' ? [...all, {product: 'nbits8', cache: 'int8'}] : all;
  },
  label: ({product, cache}) => `${{dynamic8: 'DynamicQuantizeMatMul', nbits8: 'MatMulNBits', nbits4: 'MatMulNBits',
                                   f32: 'MatMul'}[product]}, cache ${cache === 'float32' ? 'f32' : cache}`,
  async run(setup, shape, kvHeads, {product, cache}, run) {
    const file = made(`${named(setup, shape, kvHeads, `${product}-${cache}`)}.onnx`,
                      (part) => writeOnnx(part, model(shape, kvHeads, setup), product, cache));
    const {layers, d, heads} = shapes[shape];
    const library = path.join(setup.build, 'node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1');
    return parsed(await output(path.join(setup.build, 'onnx_runtime'), [
      '--library', library, '--model', file, '--cache', cache, '--layers', layers, '--kv-heads', kvHeads, '--head-dim', d / heads,
      '--capacity', setup.capacity, ...timing(setup, run)]));
  },
};

/** The runtimes that sage-music is compared with. */
export const others = [llamaCpp, onnxRuntime];

/** sage-music's name of a width. */
export const ourType = {int8: 'int8', int4: 'int4', '16 bits': 'bf16', f32: 'f32'};
/** Members of the attention family with a number of K/V heads. */
export const ourMembers = {8: ['mha'], 2: ['gqa'], 1: ['mqa', 'as-kvhs']};

/** Rows of `sage-music bench speed`: {context: {decode: {median, max}, prefill: {...}}, parameters}. */
export async function runOurs(setup, member, kvHeads, width, run) {
  const text = await output(setup.program, [
    'bench', 'speed', '--shape', 'base', '--attention', member, '--kv-heads', kvHeads, '--type', ourType[width], '--threads',
    setup.threads, '--context', run.contexts, '--tokens', run.tokens, '--repeats', run.repeats, '--json']);
  const rows = [JSON.parse(text)].flat();
  return {
    parameters: rows[0].parameters,
    description: `${rows[0].instruction_set}, cache ${rows[0].cache}`,
    rows: Object.fromEntries(rows.map((row) => [
      row.context, {decode: row.decode_tokens_per_second, prefill: row.prefill_tokens_per_second}])),
  };
}
