import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readBrowserForm } from './browser-form.ts'

const TYPE = 'multipart/form-data; boundary=b0'
const field = (name: string, value: string) =>
  `--b0\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
const file = (content: string, name = '; filename="my file.txt"') =>
  `--b0\r\nContent-Disposition: form-data; name="file"${name}\r\nContent-Type: text/plain\r\n\r\n${content}\r\n`
const END = '--b0--\r\n'

/** The text in chunks of the sizes given, over and over. */
async function* chunks(text: string, sizes: readonly number[]): AsyncIterable<Uint8Array> {
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function read(text: string, sizes: readonly number[] = [7], type = TYPE) {
  const form = await readBrowserForm(type, chunks(text, sizes))
  const parts: Uint8Array[] = []
  for await (const part of form.file.bytes) parts.push(part)
  return { fields: form.fields, name: form.file.name, content: Buffer.concat(parts).toString('latin1') }
}

test('fields, then the file; what follows is ignored', async () => {
  const text = field('key', 'k') + field('x-amz-meta-A', 'ä') + file('body') + field('late', '1') + END
  const form = await read(Buffer.from(text).toString('latin1'))
  assert.deepEqual(form, {
    fields: [
      ['key', 'k'],
      ['x-amz-meta-A', 'ä'],
    ],
    name: 'my file.txt',
    content: 'body',
  })
})

test('a preamble, a quoted boundary, a file without a name, an empty file', async () => {
  assert.equal((await read(`hello\r\n${file('x')}${END}`)).content, 'x')
  assert.equal((await read(file('x') + END, [7], 'multipart/form-data; boundary="b0"')).content, 'x')
  assert.equal((await read(file('x', '') + END)).name, undefined)
  assert.equal((await read(file('') + END)).content, '')
})

test('any content survives any chunks, also what looks like a boundary', async () => {
  const nearly = fc.array(fc.constantFrom('\r\n--b', '\r\n--b1', '\r', '\n', '--b0', '\u0000ÿ', 'abc'), {
    maxLength: 12,
  })
  await fc.assert(
    fc.asyncProperty(
      nearly,
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
      async (pieces, sizes) => {
        const content = pieces.join('')
        fc.pre(!content.includes('\r\n--b0') && !`\r\n${content}`.startsWith('\r\n--b0'))
        assert.equal((await read(field('key', 'k') + file(content) + END, sizes)).content, content)
      },
    ),
    { numRuns: 300 },
  )
})

const refusals: readonly (readonly [name: string, text: string, type: string | undefined, code: string])[] = [
  ['another type', file('x') + END, 'text/html', 'PreconditionFailed'],
  ['no type', file('x') + END, undefined, 'PreconditionFailed'],
  ['no boundary', file('x') + END, 'multipart/form-data', 'PreconditionFailed'],
  ['no file', field('key', 'k') + END, TYPE, 'InvalidArgument'],
  ['cut off in a field', field('key', 'k').slice(0, 20), TYPE, 'MalformedPOSTRequest'],
  ['cut off in the file', file('x').slice(0, -2), TYPE, 'MalformedPOSTRequest'],
  ['a part without a name', '--b0\r\nContent-Type: x\r\n\r\n\r\n--b0--', TYPE, 'MalformedPOSTRequest'],
  ['fields beyond 20 KiB', field('key', 'k'.repeat(20_480)) + file('x') + END, TYPE, 'MaxPostPreDataLengthExceeded'],
]
for (const [name, text, type, code] of refusals)
  test(`refused: ${name}`, async () => {
    const read = async () => {
      const form = await readBrowserForm(type, chunks(text, [100]))
      for await (const part of form.file.bytes) assert.ok(part.length > 0)
    }
    await assert.rejects(read, { code })
  })
