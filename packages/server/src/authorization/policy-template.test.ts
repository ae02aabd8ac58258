/** Rendering as the guide's examples show it, and what cannot be rendered or registered. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TemplateParameter } from '../entities/delegation.ts'
import { renderTemplate, roleBoundaries, templateProblem } from './policy-template.ts'

const one = (name: string, value: string): TemplateParameter => ({ name, values: [value], type: 'string' })
const many = (name: string, ...values: readonly string[]): TemplateParameter => ({ name, values, type: 'stringList' })
const template = (...statements: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements })
const get = (Resource: unknown, more: object = {}) => ({ Effect: 'Allow', Action: 's3:GetObject', Resource, ...more })

function statements(text: string, ...parameters: readonly TemplateParameter[]): readonly Record<string, unknown>[] {
  const rendered = renderTemplate(text, parameters)
  assert.ok(rendered.ok, JSON.stringify(rendered))
  return (JSON.parse(rendered.text) as { Statement: Record<string, unknown>[] }).Statement
}

const RENDERED: readonly (readonly [string, unknown, readonly TemplateParameter[], unknown])[] = [
  ['a value', 'arn:aws:s3:::@{bucketName}/*', [one('bucketName', 'my-bucket')], 'arn:aws:s3:::my-bucket/*'],
  [
    'a list makes a list',
    'arn:aws:s3:::@{bucketNames}/*',
    [many('bucketNames', 'bucket-1', 'bucket-2')],
    ['arn:aws:s3:::bucket-1/*', 'arn:aws:s3:::bucket-2/*'],
  ],
  [
    'a list and a value',
    'arn:aws:s3:::@{bucketNames}/@{prefix}/*',
    [many('bucketNames', 'bucket-1', 'bucket-2'), one('prefix', 'data')],
    ['arn:aws:s3:::bucket-1/data/*', 'arn:aws:s3:::bucket-2/data/*'],
  ],
  [
    'two lists, every pair',
    ['arn:aws:s3:::@{bucketNames}/@{prefixes}/*', 'arn:aws:s3:::fixed/*'],
    [many('bucketNames', 'a', 'b'), many('prefixes', 'x', 'y')],
    ['a/x', 'a/y', 'b/x', 'b/y'].map((path) => `arn:aws:s3:::${path}/*`).concat('arn:aws:s3:::fixed/*'),
  ],
  ['a list of one is a list', 'arn:aws:s3:::@{bucketNames}', [many('bucketNames', 'a')], ['arn:aws:s3:::a']],
  [
    'what looks like a parameter in a value stays',
    'arn:aws:s3:::@{bucketName}/*',
    [one('bucketName', '@{bucketName}","x')],
    'arn:aws:s3:::@{bucketName}","x/*',
  ],
]
for (const [name, resource, parameters, expected] of RENDERED)
  test(name, () => assert.deepEqual(statements(template(get(resource)), ...parameters)[0]?.['Resource'], expected))

test('conditions are filled in, keys too', () => {
  const condition = { StringEquals: { 'aws:ResourceTag/@{tagKey}': ['@{tagValues}'] } }
  const [made] = statements(
    template(get('*', { Condition: condition })),
    one('tagKey', 'team'),
    many('tagValues', 'a', 'b'),
  )
  assert.deepEqual(made?.['Condition'], { StringEquals: { 'aws:ResourceTag/team': ['a', 'b'] } })
})

for (const [value, actions] of [
  ['True', ['s3:PutObject']],
  ['False', ['s3:DeleteObject']],
  ['true', ['s3:DeleteObject']],
] as const)
  test(`@Enabled with ${value}`, () => {
    const text = template(
      { '@Enabled': 'ENABLE_WRITE', Effect: 'Allow', Action: 's3:PutObject', Resource: '*' },
      { '@Enabled': '!ENABLE_WRITE', Effect: 'Allow', Action: 's3:DeleteObject', Resource: '*' },
    )
    const made = statements(text, one('ENABLE_WRITE', value))
    assert.deepEqual(
      made.map((statement) => statement['Action']),
      actions,
    )
    assert.ok(made.every((statement) => !('@Enabled' in statement)))
  })

const REFUSED: readonly (readonly [string, string, readonly TemplateParameter[], RegExp])[] = [
  ['missing', template(get('arn:aws:s3:::@{bucketName}')), [], /Parameter 'bucketName' not found/],
  ['unknown', template(get('*')), [one('bucketName', 'a')], /Unrecognized parameter: bucketName/],
  [
    'two values of one',
    template(get('arn:aws:s3:::@{bucketName}')),
    [{ name: 'bucketName', values: ['a', 'b'], type: 'string' }],
    /bucketName replacement value must contain exactly one value, got 2/,
  ],
  ['an empty list', template(get('arn:aws:s3:::@{bucketName}')), [many('bucketName')], /at least one value/],
  [
    'no statement left',
    template({ ...get('*'), '@Enabled': 'WRITE' }),
    [one('WRITE', 'no')],
    /no statement is enabled/,
  ],
  ['no resource', template(get('@{resource}')), [one('resource', 'bucket')], /must be in ARN format/],
  [
    'a list in the name of a key',
    template(get('*', { Condition: { StringEquals: { 'aws:ResourceTag/@{tagKeys}': 'a' } } })),
    [many('tagKeys', 'a', 'b')],
    /takes one value only/,
  ],
  [
    'more pairs than a policy holds',
    template(get('arn:aws:s3:::@{bucketNames}/@{prefixes}')),
    [many('bucketNames', ...Array(60).fill('a')), many('prefixes', ...Array(60).fill('b'))],
    /limit is 2048/,
  ],
  [
    'an action that makes roles without a boundary',
    template({ Effect: 'Allow', Action: 'iam:@{verbs}', Resource: '*' }),
    [many('verbs', 'GetRole', 'Create*')],
    /iam:CreateRole without a condition/,
  ],
  [
    'a key that takes the place of another one',
    template(get('*', { Condition: { StringEquals: { 'aws:SourceAccount': '1', '@{tagKey}': '@{tagValue}' } } })),
    [one('tagKey', 'aws:SourceAccount'), one('tagValue', '2')],
    /`aws:SourceAccount` is there twice/,
  ],
]
for (const [name, text, parameters, expected] of REFUSED)
  test(`not rendered: ${name}`, () => {
    const rendered = renderTemplate(text, parameters)
    assert.ok(!rendered.ok)
    assert.match(rendered.message, expected)
  })

test('lists that multiply to more than a policy holds are not multiplied', () => {
  const text = template(get(Array(20).fill('arn:aws:s3:::@{bucketNames}/@{prefixes}/*')))
  const lists = ['bucketNames', 'prefixes'].map((name) => many(name, ...Array(45).fill('x'.repeat(5000))))
  const started = performance.now()
  const before = process.memoryUsage().heapUsed
  const rendered = renderTemplate(text, lists)
  assert.ok(!rendered.ok && /limit is 2048/.test(rendered.message))
  assert.ok(performance.now() - started < 100)
  assert.ok(process.memoryUsage().heapUsed - before < 50_000_000)
})

test('an action of many wildcards is read at once', () => {
  const text = template({ Effect: 'Allow', Action: 'iam:@{verb}', Resource: '*' })
  const started = performance.now()
  assert.equal(renderTemplate(text, [one('verb', `${'*'.repeat(30)}z`)]).ok, true)
  assert.ok(performance.now() - started < 1000)
})

test('2,048 characters are the limit', () => {
  const text = template(get('arn:aws:s3:::@{bucketName}'))
  const room = 2048 - text.length + '@{bucketName}'.length
  assert.equal(renderTemplate(text, [one('bucketName', 'b'.repeat(room))]).ok, true)
  assert.equal(renderTemplate(text, [one('bucketName', 'b'.repeat(room + 1))]).ok, false)
})

const BOUND = { StringEquals: { 'iam:PermissionsBoundary': 'arn:aws:iam::aws:policy/ReadOnlyAccess' } }
const makes = (Action: unknown, more: object = {}) => template({ Effect: 'Allow', Action, Resource: '*', ...more })
for (const [name, text, problem] of [
  ['with a boundary', makes('iam:CreateRole', { Condition: BOUND }), undefined],
  ['with none', makes(['s3:*', 'iam:CreateRole']), /iam:CreateRole without/],
  ['by a pattern', makes('IAM:Create?ole'), /iam:CreateRole without/],
  ['by everything', makes('*'), /iam:CreateRole without/],
  ['by what is left out', template({ Effect: 'Allow', NotAction: 's3:*', Resource: '*' }), /iam:CreateRole without/],
  ['left out', template({ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }), undefined],
  ['denied', template({ Effect: 'Deny', Action: 'iam:CreateRole', Resource: '*' }, get('*')), undefined],
  [
    'with IfExists',
    makes('iam:CreateRole', { Condition: { StringEqualsIfExists: BOUND.StringEquals } }),
    /iam:CreateRole/,
  ],
  ['no statement', '{"Version":"2012-10-17"}', /has a Statement/],
  ['a switch without a name', template({ ...get('*'), '@Enabled': '!' }), /names a parameter/],
  ['bad grammar', template({ ...get('*'), Effect: 'Maybe' }), /.+/],
] as const)
  test(`a template that makes roles: ${name}`, () => {
    const found = templateProblem(text)
    if (problem === undefined) assert.equal(found, undefined)
    else assert.match(found ?? '', problem)
  })

test('the boundaries of roles that a policy lets make', () => {
  assert.deepEqual(roleBoundaries(makes('iam:*', { Condition: BOUND })), ['arn:aws:iam::aws:policy/ReadOnlyAccess'])
  assert.deepEqual(roleBoundaries(makes('s3:*', { Condition: BOUND })), [])
})
