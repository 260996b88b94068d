// Writes a random model as ONNX, with the operators of ONNX Runtime that its own tools choose for language models:
// GroupQueryAttention over a K/V cache that is updated in place, MatMulNBits or DynamicQuantizeMatMul for narrow weights,
// fused norms. The file is protobuf, written here field by field from the public description of the format.
import * as fs from 'node:fs';

import {asFloat32, bytesOf, codes, layerMatrices, units} from './weights.mjs';

// ---------------------------------------------------------------------------------------------
// Protobuf: a message is a list of byte strings.

function varint(value) {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

const number = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);
const bytes = (field, value) => [varint((field << 3) | 2), varint(value.length), value];
const text = (field, value) => Buffer.concat(bytes(field, Buffer.from(value)));
const message = (field, parts) => {
  const flat = parts.flat(Infinity);
  return [varint((field << 3) | 2), varint(flat.reduce((sum, part) => sum + part.length, 0)), ...flat];
};
function float(field, value) {
  const out = Buffer.alloc(5);
  out[0] = (field << 3) | 5;
  out.writeFloatLE(value, 1);
  return out;
}

// ---------------------------------------------------------------------------------------------
// The parts of a graph.

export const elementType = {float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7};

const tensor = (name, type, sides, data) =>
  [...sides.map((side) => number(1, side)), number(2, elementType[type]), text(8, name), bytes(9, data)];

const valueInfo = (name, type, sides) => [
  text(1, name),
  message(2, [message(1, [number(1, elementType[type]),
                          message(2, sides.map((side) => message(1, [typeof side === 'number' ? number(1, side) : text(2, side)])))])]),
];

function attribute(name, value) {
  if (typeof value === 'string') return [text(1, name), text(4, value), number(20, 3)];
  if (typeof value === 'number' && Number.isInteger(value)) return [text(1, name), number(3, value), number(20, 2)];
  return [text(1, name), float(2, value.float), number(20, 1)];
}

class Graph {
  nodes = [];
  initialisers = [];

  constant(name, type, sides, data) {
    this.initialisers.push(message(5, tensor(name, type, sides, data)));
    return name;
  }

  /** Adds a node and returns the name of its first output. */
  node(operator, inputs, outputs, attributes = {}, domain = 'com.microsoft') {
    this.nodes.push(message(1, [
      ...inputs.map((name) => text(1, name)), ...outputs.map((name) => text(2, name)), text(4, operator),
      ...Object.entries(attributes).map(([name, value]) => message(5, attribute(name, value))), text(7, domain)]));
    return outputs[0];
  }

  model(inputs, outputs) {
    const graph = [...this.nodes, text(2, 'random weights'), ...this.initialisers,
                   ...inputs.map((one) => message(11, valueInfo(...one))), ...outputs.map((one) => message(12, valueInfo(...one)))];
    const opset = (domain, version) => message(8, [text(1, domain), number(2, version)]);
    return [number(1, 8), text(2, 'sage-music bench'), message(7, graph), opset('', 17), opset('com.microsoft', 1)].flat(Infinity);
  }
}

// ---------------------------------------------------------------------------------------------
// Weights.

const scales = (count, unit) => bytesOf(new Float32Array(count).fill(unit));

/** (outputs, inputs) codes of one or more matrices, stacked by outputs. */
function stacked(matrices, bits) {
  const parts = matrices.map(([name, outputs, inputs]) => codes(name, outputs, inputs, bits));
  const all = new Int8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return {values: all, inputs: matrices[0][2], outputs: matrices.reduce((sum, one) => sum + one[1], 0)};
}

function transposed(values, outputs, inputs) {
  const out = new values.constructor(values.length);
  for (let row = 0; row < outputs; ++row)
    for (let column = 0; column < inputs; ++column) out[column * outputs + row] = values[row * inputs + column];
  return out;
}

/** How a product is said: adds its constants and node, returns its output. */
export const products = {
  f32: {
    bits: 8,
    add(graph, name, x, {values, outputs, inputs}) {
      graph.constant(`${name}.weight`, 'float32', [inputs, outputs],
                     asFloat32(transposed(values, outputs, inputs), units[8]));
      return graph.node('MatMul', [x, `${name}.weight`], [name], {}, '');
    },
  },
  // Signed bytes with a scale a column; activations rounded to bytes by the row.
  dynamic8: {
    bits: 8,
    add(graph, name, x, {values, outputs, inputs}) {
      graph.constant(`${name}.weight`, 'int8', [inputs, outputs], bytesOf(transposed(values, outputs, inputs)));
      graph.constant(`${name}.scale`, 'float32', [outputs], scales(outputs, units[8]));
      return graph.node('DynamicQuantizeMatMul', [x, `${name}.weight`, `${name}.scale`], [name]);
    },
  },
  nbits8: {bits: 8, add: (...all) => addBlocks(8, (block) => Uint8Array.from(block, (code) => code + 128), ...all)},
  nbits4: {
    bits: 4,
    add: (...all) => addBlocks(4, (block) => {
      const out = new Uint8Array(block.length / 2);
      for (let i = 0; i < out.length; ++i) out[i] = (block[2 * i] + 8) | ((block[2 * i + 1] + 8) << 4);
      return out;
    }, ...all),
  },
};

/** Blocks of inputs with a scale each, 128 where that divides them; accuracy level 4 rounds activations to bytes. */
function addBlocks(bits, pack, graph, name, x, {values, outputs, inputs}) {
  const block = [128, 64, 32].find((size) => inputs % size === 0);
  graph.constant(`${name}.weight`, 'uint8', [outputs, inputs / block, (block * bits) / 8], bytesOf(pack(values)));
  graph.constant(`${name}.scale`, 'float32', [outputs * (inputs / block)], scales(outputs * (inputs / block), units[bits]));
  return graph.node('MatMulNBits', [x, `${name}.weight`, `${name}.scale`], [name],
                    {K: inputs, N: outputs, bits, block_size: block, accuracy_level: 4});
}

/** cos or sin of the angles of all positions, (context, head_dim / 2). */
function angles(context, half, f) {
  const out = new Float32Array(context * half);
  for (let position = 0; position < context; ++position)
    for (let i = 0; i < half; ++i) out[position * half + i] = f(position * 10000 ** (-i / half));
  return bytesOf(out);
}

/**
 * Writes `model` ({d, layers, heads, ff, kvHeads, vocabulary, context}) to `path`. `product` is a word of `products`;
 * `cache` is float32 or int8. Inputs: ids, the two lengths that GroupQueryAttention wants, keys and values of every layer;
 * outputs: logits of the last token, and the caches again, meant to be the same buffers.
 */
export function writeOnnx(path, model, product, cache = 'float32') {
  const {d, layers, heads, ff, kvHeads, vocabulary, context} = model;
  const dim = d / heads;
  const graph = new Graph();
  const {bits, add} = products[product];
  const times = (name, x, matrices) => add(graph, name, x, stacked(matrices, bits));
  const ones = (name) => graph.constant(name, 'float32', [d], bytesOf(new Float32Array(d).fill(1)));
  const norm = {epsilon: {float: 1e-5}};

  graph.constant('cos', 'float32', [context, dim / 2], angles(context, dim / 2, Math.cos));
  graph.constant('sin', 'float32', [context, dim / 2], angles(context, dim / 2, Math.sin));
  graph.constant('last', 'int64', [1], bytesOf(new BigInt64Array([-1n])));
  graph.constant('embedding', 'float32', [vocabulary, d], asFloat32(codes('embedding', vocabulary, d, bits), units[bits]));
  const quantised = cache === 'int8';
  // Speed does not depend on it; the twin test wants keys and values inside of its range.
  if (quantised) graph.constant('cache_scale', 'float32', [1], scales(1, 0.05));

  let x = graph.node('Gather', ['embedding', 'ids'], ['embedded'], {}, '');
  let normed = graph.node('SimplifiedLayerNormalization', [x, ones('0.norm.weight')], ['0.normed'], {axis: -1, ...norm}, '');
  const inputs = [['ids', 'int64', [1, 'tokens']], ['past_length', 'int32', [1]], ['total_length', 'int32', []]];
  const outputs = [['logits', 'float32', [1, 1, vocabulary]]];
  for (let layer = 0; layer < layers; ++layer) {
    const at = (name) => `${layer}.${name}`;
    const matrix = Object.fromEntries(layerMatrices(model).map(([name, ...sides]) => [name, [at(name), ...sides]]));
    const qkv = times(at('qkv'), normed, [matrix.q, matrix.k, matrix.v]);
    for (const side of ['key', 'value']) {
      inputs.push([at(`past_${side}`), cache, [1, kvHeads, context, dim]]);
      outputs.push([at(`present_${side}`), cache, [1, kvHeads, context, dim]]);
    }
    const attended = graph.node(
      'GroupQueryAttention',
      [qkv, '', '', at('past_key'), at('past_value'), 'past_length', 'total_length', 'cos', 'sin',
       ...(quantised ? ['', '', '', 'cache_scale', 'cache_scale'] : [])],
      [at('attended'), at('present_key'), at('present_value')],
      {num_heads: heads, kv_num_heads: kvHeads, do_rotary: 1, rotary_interleaved: 1,
       ...(quantised ? {k_quant_type: 'PER_TENSOR', v_quant_type: 'PER_TENSOR', kv_cache_bit_width: 8} : {})});
    const mixed = times(at('o'), attended, [matrix.o]);
    const inner = graph.node('SkipSimplifiedLayerNormalization', [x, mixed, ones(at('inner_norm.weight'))],
                             [at('inner_normed'), '', '', at('x')], norm);
    const gate = graph.node('QuickGelu', [times(at('gate'), inner, [matrix.gate])], [at('silu')], {alpha: {float: 1}});
    const up = times(at('up'), inner, [matrix.up]);
    const down = times(at('down'), graph.node('Mul', [gate, up], [at('gated')], {}, ''), [matrix.down]);
    normed = graph.node('SkipSimplifiedLayerNormalization', [at('x'), down, ones(`${layer + 1}.norm.weight`)],
                        [`${layer + 1}.normed`, '', '', at('out')], norm);
    x = at('out');
  }
  const lastOne = graph.node('Gather', [normed, 'last'], ['last_normed'], {axis: 1}, '');
  const logits = times('logits', lastOne, [['embedding', vocabulary, d]]);
  if (logits !== 'logits') throw new Error('the product of the logits has another name');
  const file = fs.openSync(path, 'w');
  for (const part of graph.model(inputs, outputs)) fs.writeSync(file, part);
  fs.closeSync(file);
}
