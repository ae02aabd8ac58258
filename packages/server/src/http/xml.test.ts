import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import type { XmlNode } from '@understudy/wire'
import { parseXml } from './xml.ts'

test('elements, attributes, text and CDATA, in order', () => {
  assert.deepEqual(parseXml('<?xml version="1.0"?><A x="1"> <B>b&amp;c</B><![CDATA[<d>]]></A>'), {
    name: 'A',
    attributes: { x: '1' },
    children: [' ', { name: 'B', attributes: {}, children: ['b&c'] }, '<d>'],
  })
})

const text = fc.string({ unit: fc.constantFrom(...'ab<>&"\' \n鍵'), minLength: 1, maxLength: 8 })
const name = fc.string({ unit: fc.constantFrom(...'ABCab'), minLength: 1, maxLength: 4 })
const { tree } = fc.letrec<{ tree: XmlNode; child: XmlNode | string }>((tie) => ({
  tree: fc.record({
    name,
    attributes: fc.dictionary(name, text, { maxKeys: 2, noNullPrototype: true }),
    children: fc.array(tie('child'), { maxLength: 3 }),
  }),
  child: fc.oneof({ depthSize: 'small', maxDepth: 6 }, text, tie('tree')),
}))
const escape = (of: string): string =>
  of
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
const written = (node: XmlNode | string): string => {
  if (typeof node === 'string') return escape(node)
  const attributes = Object.entries(node.attributes).map(([key, value]) => ` ${key}="${escape(value)}"`)
  return `<${node.name}${attributes.join('')}>${node.children.map(written).join('')}</${node.name}>`
}
/** Texts that touch are one. */
const joined = (node: XmlNode): unknown => ({
  ...node,
  children: node.children.reduce<unknown[]>((all, child) => {
    const last = all.at(-1)
    if (typeof child === 'string' && typeof last === 'string') return [...all.slice(0, -1), last + child]
    return [...all, typeof child === 'string' ? child : joined(child)]
  }, []),
})

test('what is written is read', () => {
  fc.assert(fc.property(tree, (node) => assert.deepEqual(parseXml(written(node)), joined(node))))
})

const broken: readonly (readonly [name: string, given: string])[] = [
  ['nothing', ''],
  ['text', 'hello'],
  ['an element that is left open', '<A>'],
  ['elements that cross', '<A><B></A></B>'],
  ['two roots', '<A/><B/>'],
  ['text behind the root', '<A/>text'],
  ['an unknown entity', '<A>&unknown;</A>'],
  ['a document type', '<!DOCTYPE A><A/>'],
  ['entities of its own', '<!DOCTYPE A [<!ENTITY x "y">]><A>&x;</A>'],
  ['an attribute twice', '<A x="1" x="2"/>'],
  ['a zero byte', '<A>\0</A>'],
  ['too deep', '<A>'.repeat(33) + '</A>'.repeat(33)],
  ['too many elements', `<A>${'<B/>'.repeat(20_001)}</A>`],
]
for (const [what, given] of broken) test(`refused: ${what}`, () => assert.equal(parseXml(given), undefined))

test('just within the bounds', () => {
  assert.ok(parseXml('<A>'.repeat(32) + '</A>'.repeat(32)))
  assert.equal(parseXml(`<A>${'<B/>'.repeat(19_999)}</A>`)?.children.length, 19_999)
})

test('a large document that is refused costs little', () => {
  const started = process.cpuUsage()
  for (const given of [
    '<A>'.repeat(600_000),
    `<A>${'<B/>'.repeat(500_000)}`,
    `<!DOCTYPE A [${'<!ENTITY x "y">'.repeat(100_000)}]><A/>`,
  ])
    assert.equal(parseXml(given), undefined)
  const { user } = process.cpuUsage(started)
  assert.ok(user < 2_000_000, `${user} microseconds`)
})

test('names of prototypes are names', () => {
  const node = parseXml('<constructor __proto__="x" toString="y"><__proto__/></constructor>')
  assert.equal(node?.name, 'constructor')
  assert.deepEqual(Object.entries(node?.attributes ?? {}), [
    ['__proto__', 'x'],
    ['toString', 'y'],
  ])
})
