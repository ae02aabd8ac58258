/**
 * QR codes (ISO/IEC 18004) for the seeds of MFA devices: byte mode, error correction level L, versions 5 to 13, which holds
 * up to 425 bytes. The mask is always number 0: readers take every mask, and phones read this one well.
 */

/** Per version from 5: codewords of error correction in a block, blocks, data codewords of the first and the longer blocks. */
interface Version {
  readonly number: number
  readonly correction: number
  /** Data codewords of each block. */
  readonly blocks: readonly number[]
  /** Centres of alignment patterns. */
  readonly alignment: readonly number[]
}

const VERSIONS: readonly Version[] = [
  { number: 5, correction: 26, blocks: [108], alignment: [6, 30] },
  { number: 6, correction: 18, blocks: [68, 68], alignment: [6, 34] },
  { number: 7, correction: 20, blocks: [78, 78], alignment: [6, 22, 38] },
  { number: 8, correction: 24, blocks: [97, 97], alignment: [6, 24, 42] },
  { number: 9, correction: 30, blocks: [116, 116], alignment: [6, 26, 46] },
  { number: 10, correction: 18, blocks: [68, 68, 69, 69], alignment: [6, 28, 50] },
  { number: 11, correction: 20, blocks: [81, 81, 81, 81], alignment: [6, 30, 54] },
  { number: 12, correction: 24, blocks: [92, 92, 93, 93], alignment: [6, 32, 58] },
  { number: 13, correction: 26, blocks: [107, 107, 107, 107], alignment: [6, 34, 62] },
]

/** Rows of modules, `true` is dark, without the quiet zone. @throws RangeError for a text that is too long */
export function qrCode(text: string): readonly (readonly boolean[])[] {
  const bytes = Buffer.from(text)
  const version = VERSIONS.find((each) => sum(each.blocks) * 8 >= 4 + lengthBits(each) + bytes.length * 8)
  if (version === undefined) throw new RangeError(`${bytes.length} bytes are too many for a QR code of version 13`)
  const grid = emptyGrid(version)
  drawPatterns(grid, version)
  drawData(grid, interleaved(dataCodewords(bytes, version), version))
  drawFormat(grid)
  return grid.modules.map((row) => row.map((module) => module === true))
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)
const lengthBits = (version: Version): number => (version.number < 10 ? 8 : 16)

function dataCodewords(bytes: Buffer, version: Version): readonly number[] {
  const size = sum(version.blocks)
  const bits: number[] = []
  const push = (value: number, count: number): void => {
    for (let bit = count - 1; bit >= 0; bit--) bits.push((value >> bit) & 1)
  }
  push(0b0100, 4)
  push(bytes.length, lengthBits(version))
  for (const byte of bytes) push(byte, 8)
  push(0, Math.min(4, size * 8 - bits.length))
  while (bits.length % 8 !== 0) bits.push(0)
  const words: number[] = []
  for (let at = 0; at < bits.length; at += 8)
    words.push(bits.slice(at, at + 8).reduce((word, bit) => (word << 1) | bit, 0))
  for (let pad = 0; words.length < size; pad ^= 1) words.push(pad === 0 ? 0xec : 0x11)
  return words
}

/** The blocks' codewords in turn, then those of their error correction. */
function interleaved(words: readonly number[], { blocks, correction }: Version): readonly number[] {
  let at = 0
  const data = blocks.map((size) => words.slice(at, (at += size)))
  const checks = data.map((block) => reedSolomon(block, correction))
  const turn = (lists: readonly (readonly number[])[]): readonly number[] =>
    Array.from({ length: Math.max(...lists.map((list) => list.length)) }, (_, index) =>
      lists.flatMap((list) => list[index] ?? []),
    ).flat()
  return [...turn(data), ...turn(checks)]
}

/** Multiplication in GF(256) modulo x⁸+x⁴+x³+x²+1. */
export function times(left: number, right: number): number {
  let product = 0
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >> 7) * 0x11d)
    product ^= ((right >> bit) & 1) * left
  }
  return product
}

function reedSolomon(data: readonly number[], count: number): readonly number[] {
  const remainder = Array.from({ length: count }, () => 0)
  const generator = generatorOf(count)
  for (const word of data) {
    const factor = word ^ (remainder.shift() ?? 0)
    remainder.push(0)
    generator.forEach((coefficient, index) => (remainder[index] = (remainder[index] ?? 0) ^ times(coefficient, factor)))
  }
  return remainder
}

/** Product of (x − 2ⁱ), without its leading one. */
function generatorOf(count: number): readonly number[] {
  let generator: readonly number[] = Array.from({ length: count }, (_, index) => (index === count - 1 ? 1 : 0))
  let root = 1
  for (let turn = 0; turn < count; turn++) {
    generator = generator.map((coefficient, index) => times(coefficient, root) ^ (generator[index + 1] ?? 0))
    root = times(root, 2)
  }
  return generator
}

interface Grid {
  /** `undefined` where data goes. */
  readonly modules: (boolean | undefined)[][]
  readonly size: number
}

function emptyGrid({ number }: Version): Grid {
  const size = number * 4 + 17
  return { size, modules: Array.from({ length: size }, () => Array.from({ length: size }, () => undefined)) }
}

function set({ modules }: Grid, x: number, y: number, dark: boolean): void {
  const row = modules[y]
  if (row !== undefined && x >= 0 && x < row.length) row[x] = dark
}

function drawPatterns(grid: Grid, version: Version): void {
  const { size } = grid
  for (let at = 0; at < size; at++) {
    set(grid, 6, at, at % 2 === 0)
    set(grid, at, 6, at % 2 === 0)
  }
  for (const [x, y] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ] as const)
    drawRings(grid, x, y, 4)
  const last = version.alignment.at(-1) ?? 0
  for (const x of version.alignment)
    for (const y of version.alignment) {
      const isFinder = (x === 6 && y === 6) || (x === 6 && y === last) || (x === last && y === 6)
      if (!isFinder) drawRings(grid, x, y, 2)
    }
  // The places of the format, so that no data goes there; filled in at the end.
  drawFormat(grid)
  if (version.number >= 7) drawVersion(grid, version.number)
}

/** Squares around a middle: finders reach 4 modules out (with their white border), alignment patterns 2. */
function drawRings(grid: Grid, middleX: number, middleY: number, reach: number): void {
  for (let dy = -reach; dy <= reach; dy++)
    for (let dx = -reach; dx <= reach; dx++) {
      const ring = Math.max(Math.abs(dx), Math.abs(dy))
      set(grid, middleX + dx, middleY + dy, reach === 4 ? ring !== 2 && ring !== 4 : ring !== 1)
    }
}

/** Level L and mask 0, with their BCH code. */
function drawFormat(grid: Grid): void {
  const data = 0b01_000
  let remainder = data
  for (let turn = 0; turn < 10; turn++) remainder = (remainder << 1) ^ ((remainder >> 9) * 0x537)
  const bits = ((data << 10) | remainder) ^ 0x5412
  const bit = (index: number): boolean => ((bits >> index) & 1) === 1
  const { size } = grid
  for (let index = 0; index < 15; index++) {
    const near = index < 6 ? index : index < 8 ? index + 1 : 14 - index
    if (index < 8) set(grid, 8, near, bit(index))
    else set(grid, index === 8 ? 7 : near, 8, bit(index))
    if (index < 8) set(grid, size - 1 - index, 8, bit(index))
    else set(grid, 8, size - 15 + index, bit(index))
  }
  set(grid, 8, size - 8, true)
}

function drawVersion(grid: Grid, number: number): void {
  let remainder = number
  for (let turn = 0; turn < 12; turn++) remainder = (remainder << 1) ^ ((remainder >> 11) * 0x1f25)
  const bits = (number << 12) | remainder
  for (let index = 0; index < 18; index++) {
    const dark = ((bits >> index) & 1) === 1
    const far = grid.size - 11 + (index % 3)
    const near = Math.floor(index / 3)
    set(grid, far, near, dark)
    set(grid, near, far, dark)
  }
}

/** Two columns at a time from the right, up and down in turn; mask 0 turns every second module. */
function drawData(grid: Grid, words: readonly number[]): void {
  let at = 0
  for (const [x, y] of dataPlaces(grid)) {
    const bit = ((words[at >> 3] ?? 0) >> (7 - (at & 7))) & 1
    set(grid, x, y, (at < words.length * 8 && bit === 1) !== ((x + y) % 2 === 0))
    at++
  }
}

/** The modules that no pattern has, in the order of the bits. */
function* dataPlaces({ modules, size }: Grid): Iterable<readonly [x: number, y: number]> {
  const isFree = modules.map((row) => row.map((module) => module === undefined))
  let upward = true
  for (let right = size - 1; right >= 1; right -= 2) {
    // The column of the timing pattern is passed over.
    if (right === 6) right = 5
    for (let step = 0; step < size; step++) {
      const y = upward ? size - 1 - step : step
      for (const x of [right, right - 1]) if (isFree[y]?.[x] === true) yield [x, y]
    }
    upward = !upward
  }
}
