// Checks the model files that gguf.mjs and onnx.mjs write, by readers of its own and without the runtimes: sizes and offsets,
// every parameter there once, quantised weights equal to the codes they came from, and an ONNX graph whose every input exists.
import assert from 'node:assert';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import {tensorTypes, writeGguf} from './gguf.mjs';
import {products, writeOnnx} from './onnx.mjs';
import {bfloat16, codes, float16, parameterCount, shapes, units} from './weights.mjs';

const model = {...shapes.tiny, kvHeads: 2, vocabulary: 50, context: 64};
const parameters = parameterCount(model);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'runtimes-'));
process.on('exit', () => fs.rmSync(folder, {recursive: true}));

function halfToNumber(bits) {
  const exponent = (bits >> 10) & 31, fraction = (bits & 1023) / 1024;
  return (bits & 0x8000 ? -1 : 1) * (exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15));
}

// ---------------------------------------------------------------------------------------------
// GGUF.

function readGguf(bytes) {
  let at = 0;
  const u32 = () => bytes.readUInt32LE((at += 4) - 4);
  const u64 = () => Number(bytes.readBigUInt64LE((at += 8) - 8));
  const string = () => {
    const size = u64();
    return bytes.toString('utf8', at, (at += size));
  };
  assert.equal(bytes.toString('latin1', 0, 4), 'GGUF');
  at = 4;
  assert.equal(u32(), 3);
  const tensorCount = u64(), pairCount = u64();
  const pairs = {};
  for (let i = 0; i < pairCount; ++i) {
    const key = string(), type = u32();
    pairs[key] = type === 8 ? string() : type === 4 ? u32() : bytes.readFloatLE((at += 4) - 4);
  }
  const tensors = [];
  for (let i = 0; i < tensorCount; ++i) {
    const name = string(), rank = u32();
    tensors.push({name, sides: Array.from({length: rank}, u64), type: u32(), offset: u64()});
  }
  return {pairs, tensors, start: Math.ceil(at / 32) * 32};
}

/** How an element reads: of the tensor's bytes, the one with this number. */
const elements = {
  f32: (data, i) => data.readFloatLE(4 * i),
  f16: (data, i) => halfToNumber(data.readUInt16LE(2 * i)),
  bf16: (data, i) => {
    const word = Buffer.alloc(4);
    word.writeUInt16LE(data.readUInt16LE(2 * i), 2);
    return word.readFloatLE(0);
  },
  q8_0: (data, i) => {
    const block = data.subarray(34 * (i >> 5));
    return halfToNumber(block.readUInt16LE(0)) * block.readInt8(2 + (i & 31));
  },
  q4_0: (data, i) => {
    const block = data.subarray(18 * (i >> 5)), place = i & 31;
    const byte = block[2 + (place & 15)];
    return halfToNumber(block.readUInt16LE(0)) * ((place < 16 ? byte & 15 : byte >> 4) - 8);
  },
};

for (const [type, {number, bits, bytes}] of Object.entries(tensorTypes)) {
  const file = path.join(folder, `${type}.gguf`);
  writeGguf(file, model, type);
  const all = fs.readFileSync(file);
  const {pairs, tensors, start} = readGguf(all);
  assert.equal(pairs['llama.attention.head_count_kv'], model.kvHeads);
  assert.equal(pairs['llama.feed_forward_length'], model.ff);
  let end = 0, count = 0;
  for (const tensor of tensors) {
    const size = tensor.sides.reduce((product, side) => product * side, 1);
    assert.equal(tensor.offset % 32, 0);
    assert.ok(tensor.offset >= end, `${tensor.name} overlaps`);
    assert.equal(tensor.type, tensor.sides.length === 2 ? number : 0);
    end = tensor.offset + (tensor.type === 0 ? 4 * size : (size * bytes) / 32);
    count += size;
  }
  assert.equal(count, parameters, `${type}: parameters`);
  assert.equal(start + Math.ceil(end / 32) * 32, all.length, `${type}: size of the file`);
  const down = tensors.find(({name}) => name === 'blk.1.ffn_down.weight');
  assert.deepEqual(down.sides, [model.ff, model.d]);
  const expected = codes('1.down', model.d, model.ff, bits);
  const data = all.subarray(start + down.offset);
  expected.forEach((code, i) => assert.equal(elements[type](data, i), code * units[bits], `${type}: element ${i}`));
}

// ---------------------------------------------------------------------------------------------
// ONNX: protobuf as {field: [values]}.

function fields(bytes) {
  const out = {};
  let at = 0;
  const varint = () => {
    let value = 0n, shift = 0n, byte;
    do {
      byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      shift += 7n;
    } while (byte & 128);
    return BigInt.asIntN(64, value);
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const kind = key & 7;
    let value;
    if (kind === 0) value = Number(varint());
    else if (kind === 5) value = bytes.readFloatLE((at += 4) - 4);
    else {
      assert.equal(kind, 2);
      const size = Number(varint());
      value = bytes.subarray(at, (at += size));
    }
    (out[key >> 3] ??= []).push(value);
  }
  assert.equal(at, bytes.length);
  return out;
}

const elementBytes = {1: 4, 2: 1, 3: 1, 6: 4, 7: 8};
const texts = (list = []) => list.map((bytes) => bytes.toString());

function readOnnx(bytes) {
  const graph = fields(fields(bytes)[7][0]);
  const constants = new Map();
  for (const one of graph[5]) {
    const tensor = fields(one), sides = tensor[1] ?? [];
    const size = sides.reduce((product, side) => product * side, 1);
    assert.equal(tensor[9][0].length, size * elementBytes[tensor[2][0]], `${tensor[8][0]}: size`);
    constants.set(tensor[8][0].toString(), {sides, size, data: tensor[9][0]});
  }
  const names = (list) => texts(list.map((one) => fields(one)[1][0]));
  const nodes = graph[1].map((one) => {
    const node = fields(one);
    return {operator: node[4][0].toString(), inputs: texts(node[1]), outputs: texts(node[2])};
  });
  return {constants, nodes, inputs: names(graph[11]), outputs: names(graph[12])};
}

for (const cache of ['float32', 'int8']) {
  for (const [product, {bits}] of Object.entries(products)) {
    const file = path.join(folder, `${product}.onnx`);
    writeOnnx(file, model, product, cache);
    const {constants, nodes, inputs, outputs} = readOnnx(fs.readFileSync(file));
    const known = new Set([...constants.keys(), ...inputs]);
    for (const node of nodes) {
      for (const name of node.inputs) assert.ok(name === '' || known.has(name), `${node.operator} reads '${name}'`);
      for (const name of node.outputs.filter(Boolean)) {
        assert.ok(!known.has(name), `'${name}' is made twice`);
        known.add(name);
      }
    }
    for (const name of outputs) assert.ok(known.has(name), `output '${name}'`);
    assert.equal(outputs.length, 1 + 2 * model.layers);
    const weights = [...constants].filter(([name]) => name.endsWith('.weight') || name === 'embedding');
    const packed = bits === 4 ? 2 : 1;
    const logits = model.vocabulary * model.d;  // tied: stored once more, as a matrix
    const count = weights.reduce((sum, [name, {size}]) => sum + size * (/norm|embedding/.test(name) ? 1 : packed), 0);
    assert.equal(count - logits, parameters, `${product}: parameters`);

    const expected = codes('1.down', model.d, model.ff, bits);
    const {data} = constants.get('1.down.weight');
    const scale = constants.get('1.down.scale')?.data.readFloatLE(0) ?? 1;
    expected.forEach((code, i) => {
      const row = Math.floor(i / model.ff), column = i % model.ff, across = column * model.d + row;
      const value = {
        f32: () => data.readFloatLE(4 * across),
        dynamic8: () => scale * data.readInt8(across),
        nbits8: () => scale * (data[i] - 128),
        nbits4: () => scale * (((data[i >> 1] >> (4 * (i & 1))) & 15) - 8),
      }[product]();
      assert.equal(value, code * units[bits], `${product}: element ${i}`);
    });
  }
}

assert.throws(() => float16(1 + 2 ** -12), /no normal float16/);
assert.equal(bfloat16(1), 0x3f80);
console.log('the model files hold what they should');
