/** Patterns, variables, ARNs and JSON: one line a case. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestContext } from '../context-keys.ts'
import { completeArn, isArnPattern, matchesArn, splitArn } from './arn.ts'
import { compileGlob, globMatches, joinPatterns, literal, ownText, patternOf, slicePattern } from './glob.ts'
import { positionOf, readJson } from './json.ts'
import { compileTemplateGlob, templateGlobMatches } from './template-glob.ts'
import { constantPrefix, endsInVariable, expand, parseTemplate, variableKeys, writtenColons } from './template.ts'

const globs: readonly [pattern: string, text: string, want: boolean][] = [
  ['', '', true],
  ['', 'a', false],
  ['abc', 'abc', true],
  ['abc', 'abcd', false],
  ['abc', 'ab', false],
  ['*', '', true],
  ['**', 'x', true],
  ['a*', 'a', true],
  ['a*', 'abc', true],
  ['a*', 'ba', false],
  ['ab*', 'aX', false],
  ['*a', 'ba', true],
  ['*a', 'ab', false],
  ['a*c', 'ac', true],
  ['a*c', 'abbc', true],
  ['a*c', 'ab', false],
  ['aa*aa', 'aaa', false],
  ['aa*aa', 'aaaa', true],
  ['a*b*c', 'a1b2c', true],
  ['a*b*c', 'a1c2b', false],
  ['a*bb*b', 'abb', false],
  ['a*bb*b', 'abbb', true],
  ['?', 'a', true],
  ['?', '', false],
  ['?', 'ab', false],
  ['a?c', 'abc', true],
  ['a?c', 'abd', false],
  ['a?c', 'xbc', false],
  ['a?', 'a', false],
  ['?*', '', false],
  ['?*', 'a', true],
  ['*?', 'a', true],
  ['*?', '', false],
  ['*?b*', 'ab', true],
  ['*?b*', 'b', false],
  ['*a?c*', 'xxabcx', true],
  ['*a?c*', 'xxabx', false],
  ['*a?c*', 'aacabc', true],
  ['x*a?c', 'xabc', true],
  ['x*a?c', 'xabcabd', false],
  ['*a?*c', 'abc', true],
  ['*a?*c', 'ac', false],
  ['*ab*ab', 'ab', false],
  ['*ab*ab', 'abab', true],
  ['?b*', 'ab', true],
  ['*ab*ab*', 'ab', false],
  ['*ab*ab*', 'abab', true],
  ['*aba*aba*', 'ababa', false],
  ['*b*a*', 'ab', false],
  ['*b*a*', 'ba', true],
  ['a*b*c', 'ac', false],
  ['a*bc*c', 'abc', false],
  ['*a?*a?*', 'aba', false],
  ['*a?*a?*', 'abab', true],
  ['*?b*c', 'bc', false],
  ['*?b*bc', 'abc', false],
  ['ab?', 'ab', false],
  ['a*?', 'a', false],
  ['a*b?', 'ab', false],
  ['a*b?', 'abc', true],
  ['*a?c', 'ac', false],
  ['?b*', 'ac', false],
]

test('globs', () => {
  for (const [pattern, text, want] of globs) {
    assert.equal(globMatches(compileGlob(patternOf(pattern)), text), want, `${pattern} ${text}`)
  }
})

test('only marked positions are wildcards', () => {
  assert.deepEqual(patternOf('a*b?'), { text: 'a*b?', wild: [1, 3] })
  assert.deepEqual(literal('a*'), { text: 'a*', wild: [] })
  assert.deepEqual(slicePattern(patternOf('a*b?c*'), 1, 4), { text: '*b?', wild: [0, 2] })
  assert.deepEqual(slicePattern(patternOf('a*b'), 2, 3), { text: 'b', wild: [] })
  assert.deepEqual(slicePattern(literal('a*b'), 1, 3), { text: '*b', wild: [] })
  assert.deepEqual(joinPatterns([patternOf('a*'), literal('*'), patternOf('?')]), { text: 'a**?', wild: [1, 3] })
  assert.equal(globMatches(compileGlob(joinPatterns([literal('*'), patternOf('*')])), '*x'), true)
  assert.equal(globMatches(compileGlob(joinPatterns([literal('*'), patternOf('*')])), 'x'), false)
})

test('kinds of globs', () => {
  const kinds = ['*', '**', 'a', 'a*', '?*', 'a*b', '*a', ''].map((text) => compileGlob(patternOf(text)).kind)
  assert.deepEqual(kinds, ['any', 'any', 'exact', 'prefix', 'segments', 'segments', 'segments', 'exact'])
})

test('a text of its own is the same text', () => {
  for (const text of ['', 'a', '__proto__', '0', 'a b']) assert.equal(ownText(text), text)
})

const context = requestContext({
  'aws:username': 'al*ce',
  'aws:PrincipalTag/team': 'blue',
  'aws:PrincipalTag/empty': '',
  'aws:TagKeys': 'k',
  'aws:list': ['a'],
})
const expansions: readonly [source: string, text: string | undefined, wild: readonly number[]][] = [
  ['plain*', 'plain*', [5]],
  ['${aws:username}/*', 'al*ce/*', [6]],
  ['x-${AWS:UserName}', 'x-al*ce', []],
  ['${ aws:username }', 'al*ce', []],
  ['${aws:PrincipalTag/none}', undefined, []],
  ["${aws:PrincipalTag/none, 'd*'}", 'd*', []],
  ["${aws:PrincipalTag/none,'d}'}!", 'd}!', []],
  ["${aws:PrincipalTag/team, 'd'}", 'blue', []],
  ["${aws:PrincipalTag/empty, 'd'}", '', []],
  ["${aws:TagKeys, 'd'}", undefined, []],
  ['${aws:TagKeys}', undefined, []],
  ['${aws:list}', undefined, []],
  ['${*}${?}${$}', '*?$', []],
  ['${*}*', '**', [1]],
  ['a${', 'a${', []],
  ['${}x', undefined, []],
  ["'}${aws:username}", "'}al*ce", []],
  ["}${a,'x}", undefined, []],
  ["${a,''}'}", "'}", []],
  ['${a}', undefined, []],
  ['a${b', 'a${b', []],
  ["a${b,'c", "a${b,'c", []],
  ["'${aws:username}'", "'al*ce'", []],
  ['${aws:username}${aws:PrincipalTag/team}', 'al*ceblue', []],
  ['', '', []],
  ["a${aws:username}'b'", "aal*ce'b'", []],
  ["${aws:PrincipalTag/team}}'", "blue}'", []],
  ["${aws:PrincipalTag/none, '}'}x", '}x', []],
  ['${aws:PrincipalTag/team}x${', 'bluex${', []],
]

test('variables', () => {
  for (const [source, text, wild] of expansions) {
    const pattern = expand(parseTemplate(source, true), context)
    assert.deepEqual(pattern, text === undefined ? undefined : { text, wild }, source)
  }
  assert.deepEqual(expand(parseTemplate('${aws:username}', false), context), { text: '${aws:username}', wild: [] })
})

test('what is known of a template before any request', () => {
  const template = parseTemplate('arn:aws:s3:::b?/${aws:username}', true)
  assert.equal(constantPrefix(template), 'arn:aws:s3:::b')
  assert.equal(constantPrefix(parseTemplate('abc', true)), 'abc')
  assert.equal(constantPrefix(parseTemplate('${aws:username}abc', true)), '')
  assert.deepEqual(variableKeys(template), ['aws:username'])
  assert.deepEqual([endsInVariable(template), endsInVariable(parseTemplate('${a}b', true))], [true, false])
  assert.equal(writtenColons(template), 5)
  assert.equal(writtenColons(parseTemplate('a:b', true)), 1)
  assert.equal(template.fixed, undefined)
  assert.ok(parseTemplate('${*}', true).fixed)
})

const templates: readonly [source: string, text: string, want: boolean][] = [
  ['home/${aws:PrincipalTag/team}/*', 'home/blue/x', true],
  ['home/${aws:PrincipalTag/team}/*', 'home/blue', false],
  ['home/${aws:PrincipalTag/team}/*', 'home/glue/x', false],
  ['home/${aws:PrincipalTag/team}/*', 'hame/blue/x', false],
  ['home/${aws:PrincipalTag/team}', 'home/blue', true],
  ['home/${aws:PrincipalTag/team}', 'home/blue/', false],
  ['home/${aws:PrincipalTag/team}', 'home/blu', false],
  ['home/${aws:PrincipalTag/none}/*', 'home//x', false],
  ['${aws:PrincipalTag/team}?', 'blue1', true],
  ['${aws:PrincipalTag/team}?', 'blue', false],
  ['*/${aws:PrincipalTag/team}', 'x/y/blue', true],
  ['*/${aws:PrincipalTag/team}', 'x/y/bluer', false],
  ['a*/${aws:PrincipalTag/team}', 'b/blue', false],
  ['*/${aws:PrincipalTag/none}', 'x/', false],
  ['${aws:username}', 'alice', false],
  ['${aws:username}', 'al*ce', true],
  ['${aws:PrincipalTag/empty}x', 'x', true],
  ['a${aws:PrincipalTag/empty}', 'a', true],
  ['a${*}${aws:PrincipalTag/team}', 'a*blue', true],
  ['${aws:PrincipalTag/team}${aws:PrincipalTag/team}x*y', 'bluebluex1y', true],
  ['${aws:PrincipalTag/team}${aws:PrincipalTag/team}x*y', 'bluebluex1', false],
]

test('templates as globs', () => {
  for (const [source, text, want] of templates) {
    const glob = compileTemplateGlob(parseTemplate(source, true))
    assert.equal(templateGlobMatches(glob, text, context), want, `${source} ${text}`)
  }
})

test('short ARNs are filled up', () => {
  const cases: readonly [string, string][] = [
    ['*', '*'],
    ['arn:aws:s3', 'arn:aws:s3:*:*:*'],
    ['arn:aws:s3:::b', 'arn:aws:s3:::b'],
    ['arn:aws:iam::1:role/a:b', 'arn:aws:iam::1:role/a:b'],
    ['arn:aws:s3::', 'arn:aws:s3:::*'],
    ['a:', 'a::*:*:*:*'],
  ]
  for (const [text, want] of cases) assert.equal(completeArn(parseTemplate(text, true)).fixed?.text, want, text)
  const open = parseTemplate('arn:aws:s3:${aws:username}', true)
  assert.equal(completeArn(open), open)
})

test('ARNs part by part', () => {
  const cases: readonly [pattern: string, arn: string, want: boolean][] = [
    ['arn:aws:s3:::b/*', 'arn:aws:s3:::b/c:d', true],
    ['arn:aws:s3:*:b', 'arn:aws:s3:::b', false],
    ['arn:*:*:*:*:*', 'arn:aws:s3:::b', true],
    ['arn:*', 'arn:aws:s3:::b', false],
    ['*', 'arn:aws:s3:::b', true],
    ['?', 'arn:aws:s3:::b', false],
    ['*', 'nothing', false],
    ['a*:aws:s3:::b', 'arn:aws:s3:::b', true],
    ['arn:aws:s3:::b', 'arn:aws:s3::b', false],
    ['arn:aws:s3:::b:*', 'arn:aws:s3:::b:c', true],
    ['arn:aws:s?:::b', 'arn:aws:s3:::b', true],
    ['arn:aws:s?:::b', 'arn:aws:sqs:::b', false],
    ['arn:a*:iam::1:r', 'arn:aws:iam::1:r', true],
    ['arn:aws:iam::1*:r', 'arn:aws:iam::12:r', true],
    ['arn:aws:iam::1*:r', 'arn:aws:iam::21:r', false],
  ]
  for (const [pattern, arn, want] of cases) assert.equal(matchesArn(pattern, arn), want, `${pattern} ${arn}`)
  assert.deepEqual(splitArn('arn:a:b:c:d:e:f'), ['arn', 'a', 'b', 'c', 'd', 'e:f'])
  assert.equal(splitArn('arn:a:b:c:d'), undefined)
  assert.equal(splitArn('urn:a:b:c:d:e'), undefined)
  assert.deepEqual([isArnPattern('arn:a:b:c:d:e'), isArnPattern('arn:a:b:c:d'), isArnPattern('*')], [true, false, true])
})

const broken: readonly [text: string, problem: string, at: number][] = [
  ['', 'a value is wanted', 0],
  ['  ', 'a value is wanted', 2],
  ['{', 'a member name in double quotes is wanted', 1],
  ['{"a"}', 'a colon is wanted', 4],
  ['{"a":1', 'a comma or a closing brace is wanted', 6],
  ['{"a":1,}', 'a member name in double quotes is wanted', 7],
  ['[1', 'a comma or a closing bracket is wanted', 2],
  ['[1,]', 'a value is wanted', 3],
  ['1 2', 'text after the end of the document', 2],
  ['"a', 'a text without end', 0],
  ['"a\\"', 'a text without end', 0],
  ['["\\x"]', 'a text with a bad escape or a control character', 1],
  ['"\n"', 'a text with a bad escape or a control character', 0],
  ['trueth', 'text after the end of the document', 4],
]

test('what is wrong with a JSON text, and where', () => {
  for (const [text, problem, at] of broken) assert.deepEqual(readJson(text), { ok: false, problem, at }, text)
})

test('where values stand', () => {
  const read = readJson(' {"a" : [1, "\\"\\\\", true, false, null, -1.5e3]}')
  assert.deepEqual(read, {
    ok: true,
    root: {
      kind: 'object',
      at: 1,
      members: [
        {
          name: 'a',
          at: 2,
          value: {
            kind: 'array',
            at: 8,
            items: [
              { kind: 'number', at: 9, value: '1' },
              { kind: 'string', at: 12, value: '"\\' },
              { kind: 'boolean', at: 20, value: 'true' },
              { kind: 'boolean', at: 26, value: 'false' },
              { kind: 'null', at: 33 },
              { kind: 'number', at: 39, value: '-1.5e3' },
            ],
          },
        },
      ],
    },
  })
  for (const [text, value] of [
    ['"\\\\"', '\\'],
    ['"a\\\\"', 'a\\'],
    ['"\\\\\\""', '\\"'],
    ['"\\""', '"'],
    ['""', ''],
  ] as const) {
    assert.deepEqual(readJson(text), { ok: true, root: { kind: 'string', at: 0, value } }, text)
  }
  assert.deepEqual(readJson(' "\\\\\\"'), { ok: false, problem: 'a text without end', at: 1 })
  for (const blank of [' ', '\n', '\r', '\t']) assert.ok(readJson(`${blank}1${blank}`).ok)
  assert.equal(readJson('\u00a01').ok, false)
})

test('nesting ends at 64', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
  assert.deepEqual([readJson(nested(65)).ok, readJson(nested(66)).ok], [true, false])
  assert.deepEqual(readJson(`${'{"a":'.repeat(65)}1`), { ok: false, problem: 'nested too deeply', at: 325 })
})

test('lines and columns count from 1', () => {
  const text = 'ab\ncd\n'
  const places = [0, 1, 2, 3, 4, 6].map((at) => positionOf(text, at))
  assert.deepEqual(
    places.map(({ line, column }) => [line, column]),
    [
      [1, 1],
      [1, 2],
      [1, 3],
      [2, 1],
      [2, 2],
      [3, 1],
    ],
  )
})
