import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { attributeOf, readXml, textOf, writeXml } from './tree.ts'
import type { XmlElement } from './tree.ts'

function root(text: string): XmlElement {
  const read = readXml(text)
  assert.ok(read.ok, read.ok ? '' : read.explanation)
  return read.root
}

test('text is one text whatever stands in between', () => {
  const element = root('<a b="1&#10;2">x<!-- c -->y<![CDATA[<z>]]>&amp;<i>w</i></a>')
  assert.equal(textOf(element), 'xy<z>&w')
  assert.equal(attributeOf(element, 'b'), '1\n2')
})

const refused: readonly (readonly [name: string, text: string, want: RegExp])[] = [
  ['a document type', '<!DOCTYPE a><a/>', /document type/],
  ['a processing instruction', '<a><?x y?></a>', /processing instruction/],
  ['an unknown entity', '<a>&x;</a>', /entity/],
  ['an unknown prefix', '<a><p:b/></a>', /prefix/],
  ['two attributes of one name', '<a b="1" b="2"/>', /duplicate attribute/],
  ['text behind the root', '<a/>b', /text data outside of root/],
  ['nothing', ' ', /document must contain a root element/],
  ['depth', '<a>'.repeat(100) + '</a>'.repeat(100), /too deep/],
]
for (const [name, text, want] of refused)
  test(`refused: ${name}`, () => {
    const read = readXml(text)
    assert.ok(!read.ok)
    assert.match(read.explanation, want)
  })

test('an XML declaration is taken', () => assert.equal(root('<?xml version="1.0" encoding="UTF-8"?><a/>').name, 'a'))

test('a part written alone keeps the namespaces around it', () => {
  const outer = root('<s:r xmlns:s="urn:s" xmlns="urn:d" xmlns:t="urn:t"><s:a t:b="1"><c/></s:a></s:r>')
  const [inner] = outer.children
  assert.ok(typeof inner === 'object')
  const again = root(writeXml(inner))
  assert.deepEqual([again.uri, again.local], ['urn:s', 'a'])
  const [child] = again.children
  assert.ok(typeof child === 'object')
  assert.deepEqual([child.uri, child.local], ['urn:d', 'c'])
  assert.equal(again.attributes[0]?.uri, 'urn:t')
})

test('a namespace taken back stays away', () => {
  const outer = root('<r xmlns="urn:d"><a xmlns=""><b/></a></r>')
  const again = root(writeXml(outer))
  const [a] = again.children
  assert.ok(typeof a === 'object')
  assert.equal(a.uri, '')
})

test('what is written reads back alike', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '<', '>', '&', '"', "'", '\n', '\t', '\r', ' ', 'ü', '𐍈', ']') })
  fc.assert(
    fc.property(text, text, (value, attribute) => {
      const element: XmlElement = {
        name: 'p:a',
        local: 'a',
        uri: 'urn:p',
        namespaces: { p: 'urn:p' },
        attributes: [{ name: 'b', local: 'b', uri: '', value: attribute }],
        children: [value],
      }
      const again = root(writeXml(element))
      assert.equal(attributeOf(again, 'b'), attribute)
      assert.equal(again.children.join(''), value)
    }),
  )
})

const letters = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, at) => make(at)).join('')
for (const [name, text, problem] of [
  ['deep', '<a>'.repeat(20_000), /too deep/],
  [
    'wide in namespaces',
    `<a ${letters(3000, (at) => ` xmlns:n${at}="u"`)}>${'<b/>'.repeat(2000)}</a>`,
    /too many namespaces/,
  ],
  ['broken at once', `<a></b>${'<a>'.repeat(20_000)}`, /unexpected close tag/],
] as const)
  test(`nobody waits for a document that is ${name}`, () => {
    const started = performance.now()
    const read = readXml(text)
    assert.ok(!read.ok)
    assert.match(read.explanation, problem)
    assert.ok(performance.now() - started < 250)
  })

test('a real document may declare what it likes, again and again', () => {
  const prefixes = letters(40, (at) => ` xmlns:n${at}="urn:${at}"`)
  const read = readXml(`<a${prefixes}>${`<b${prefixes}><n1:c/></b>`.repeat(20)}</a>`)
  assert.ok(read.ok)
  assert.equal(Object.keys(read.root.namespaces).filter((prefix) => prefix.startsWith('n')).length, 40)
})
