// Random weights that every file format can hold exactly: small integers times a power of two. So models of one
// width are the same function in every runtime, and widths differ only by what their arithmetic rounds.

/** Shapes by name; base as in src/nn/config.cc. */
export const shapes = {
  tiny: {d: 128, layers: 2, heads: 4, ff: 192},  // large enough for every library's blocks
  base: {d: 512, layers: 8, heads: 8, ff: 1408},
};

/** Bits of a code -> its unit. Uniform codes give weights with a standard deviation near 0.036. */
export const units = {8: 2 ** -11, 4: 2 ** -7};

/** Parameters of a model with tied embeddings, norms included. */
export function parameterCount({d, layers, heads, ff, kvHeads, vocabulary}) {
  const kv = kvHeads * (d / heads);
  return vocabulary * d + layers * (2 * d * d + 2 * d * kv + 3 * d * ff + 2 * d) + d;
}

/** The matrices of a layer as [name, outputs, inputs]. */
export function layerMatrices({d, heads, ff, kvHeads}) {
  const kv = kvHeads * (d / heads);
  return [['q', d, d], ['k', kv, d], ['v', kv, d], ['o', d, d], ['gate', ff, d], ['up', ff, d], ['down', d, ff]];
}

/** Codes of a matrix, (outputs, inputs), from -2^(bits-1) + 1 to 2^(bits-1) - 1; the name is the seed. */
export function codes(name, outputs, inputs, bits) {
  let state = 2166136261;
  for (const letter of name) state = Math.imul(state ^ letter.charCodeAt(0), 16777619);
  state |= 1;
  const values = new Int8Array(outputs * inputs);
  const least = -(2 ** (bits - 1)) + 1, count = 2 ** bits - 1;
  for (let i = 0; i < values.length; ++i) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[i] = least + ((state >>> 8) % count);
  }
  return values;
}

const scratch = new DataView(new ArrayBuffer(4));

/** Bits of a float32 that bfloat16 holds exactly. */
export function bfloat16(value) {
  scratch.setFloat32(0, value);
  return scratch.getUint16(0);
}

/** Bits of a float32 that a normal float16 holds exactly. */
export function float16(value) {
  if (value === 0) return 0;
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const exponent = ((bits >>> 23) & 0xff) - 127 + 15;
  if (exponent < 1 || exponent > 30 || (bits & 0x1fff) !== 0) throw new Error(`${value} is no normal float16`);
  return ((bits >>> 16) & 0x8000) | (exponent << 10) | ((bits >>> 13) & 0x3ff);
}

function bytesOf(array) {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

/** A matrix as little-endian float32. */
export function asFloat32(values, unit) {
  const out = new Float32Array(values.length);
  for (let i = 0; i < values.length; ++i) out[i] = values[i] * unit;
  return bytesOf(out);
}

/** A matrix as 16-bit floats, with `encode` float16 or bfloat16. */
export function asHalves(values, unit, encode) {
  const table = new Uint16Array(256);
  for (let code = -127; code <= 127; ++code) table[code & 0xff] = encode(code * unit);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; ++i) out[i] = table[values[i] & 0xff];
  return bytesOf(out);
}

export {bytesOf};
