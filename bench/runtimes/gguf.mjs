// Writes a random model as GGUF (version 3, architecture "llama"), the file of llama.cpp. The layout follows the public
// description of the format: header, key-value pairs, tensor infos, then the tensors at aligned offsets.
import * as fs from 'node:fs';

import {asFloat32, asHalves, bfloat16, bytesOf, codes, float16, layerMatrices, units} from './weights.mjs';

const alignment = 32;
const valueType = {uint32: 4, float32: 6, string: 8};

const kBlock = 32;

/** Blocks of 32 codes, each as `bytes` bytes that `fill` writes. */
function inBlocks(values, bytes, fill) {
  const out = Buffer.alloc((values.length / kBlock) * bytes);
  for (let block = 0; block * kBlock < values.length; ++block)
    fill(out.subarray(block * bytes, (block + 1) * bytes), values.subarray(block * kBlock, (block + 1) * kBlock));
  return out;
}

/** Tensor types: number in the file, bits of the codes, bytes of 32 elements, and how codes become bytes. */
export const tensorTypes = {
  f32: {number: 0, bits: 8, bytes: 128, encode: (values) => asFloat32(values, units[8])},
  f16: {number: 1, bits: 8, bytes: 64, encode: (values) => asHalves(values, units[8], float16)},
  bf16: {number: 30, bits: 8, bytes: 64, encode: (values) => asHalves(values, units[8], bfloat16)},
  q8_0: {  // a float16 scale, 32 signed bytes
    number: 8,
    bits: 8,
    bytes: 34,
    encode: (values) => inBlocks(values, 34, (out, block) => {
      out.writeUInt16LE(float16(units[8]), 0);
      bytesOf(block).copy(out, 2);
    }),
  },
  q4_0: {  // a float16 scale, 32 codes plus 8: the first half in the low nibbles, the second in the high ones
    number: 2,
    bits: 4,
    bytes: 18,
    encode: (values) => inBlocks(values, 18, (out, block) => {
      out.writeUInt16LE(float16(units[4]), 0);
      for (let i = 0; i < 16; ++i) out[2 + i] = (block[i] + 8) | ((block[i + 16] + 8) << 4);
    }),
  },
};

function string(text) {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
  return Buffer.concat([length, Buffer.from(text)]);
}

function u32(value) {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value);
  return out;
}

function u64(value) {
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(BigInt(value));
  return out;
}

function pair(key, type, value) {
  let body;
  if (type === 'string') {
    body = string(value);
  } else {
    body = Buffer.alloc(4);
    if (type === 'uint32') body.writeUInt32LE(value);
    else body.writeFloatLE(value);
  }
  return Buffer.concat([string(key), u32(valueType[type]), body]);
}

const padded = (size) => Math.ceil(size / alignment) * alignment;

/** Writes `model` ({d, layers, heads, ff, kvHeads, vocabulary, context}) with matrices of `type` to `path`. */
export function writeGguf(path, model, type) {
  const {number, bits, bytes, encode} = tensorTypes[type];
  const {d, layers, heads, ff, kvHeads, vocabulary, context} = model;
  const tensors = [];
  const matrix = (stored, name, outputs, inputs) =>
    tensors.push({name: stored, sides: [inputs, outputs], number, size: (outputs * inputs * bytes) / kBlock,
                  make: () => encode(codes(name, outputs, inputs, bits))});
  const ones = (stored) => tensors.push({name: stored, sides: [d], number: tensorTypes.f32.number, size: 4 * d,
                                         make: () => bytesOf(new Float32Array(d).fill(1))});
  matrix('token_embd.weight', 'embedding', vocabulary, d);
  const names = {q: 'attn_q', k: 'attn_k', v: 'attn_v', o: 'attn_output', gate: 'ffn_gate', up: 'ffn_up', down: 'ffn_down'};
  for (let layer = 0; layer < layers; ++layer) {
    ones(`blk.${layer}.attn_norm.weight`);
    ones(`blk.${layer}.ffn_norm.weight`);
    for (const [name, outputs, inputs] of layerMatrices(model))
      matrix(`blk.${layer}.${names[name]}.weight`, `${layer}.${name}`, outputs, inputs);
  }
  ones('output_norm.weight');

  const pairs = [
    pair('general.architecture', 'string', 'llama'),
    pair('general.name', 'string', 'random weights'),
    pair('llama.vocab_size', 'uint32', vocabulary),
    pair('llama.context_length', 'uint32', context),
    pair('llama.embedding_length', 'uint32', d),
    pair('llama.block_count', 'uint32', layers),
    pair('llama.feed_forward_length', 'uint32', ff),
    pair('llama.attention.head_count', 'uint32', heads),
    pair('llama.attention.head_count_kv', 'uint32', kvHeads),
    pair('llama.attention.layer_norm_rms_epsilon', 'float32', 1e-5),
    pair('llama.rope.dimension_count', 'uint32', d / heads),
    pair('llama.rope.freq_base', 'float32', 10000),
    pair('tokenizer.ggml.model', 'string', 'none'),
  ];
  const infos = [];
  let offset = 0;
  for (const tensor of tensors) {
    infos.push(string(tensor.name), u32(tensor.sides.length), ...tensor.sides.map(u64), u32(tensor.number), u64(offset));
    offset += padded(tensor.size);
  }
  const head = Buffer.concat([Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(pairs.length), ...pairs, ...infos]);

  const file = fs.openSync(path, 'w');
  const put = (bytes) => {
    fs.writeSync(file, bytes);
    fs.writeSync(file, Buffer.alloc(padded(bytes.length) - bytes.length));
  };
  put(head);
  for (const tensor of tensors) put(tensor.make());
  fs.closeSync(file);
}
