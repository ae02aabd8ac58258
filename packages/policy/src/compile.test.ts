import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePolicy } from './compile.ts'

const refused: readonly [name: string, text: string, want: RegExp][] = [
  ['no JSON', 'hello', /no JSON: a value is wanted at offset 0/],
  ['a list', '[]', /An object is wanted for a policy, not array/],
  ['no Statement', '{"Version":"2012-10-17"}', /no Statement/],
  ['a text as statement', '{"Statement":["x"]}', /object is wanted for statement 0/],
  ['no Effect', '{"Statement":{"Action":"*"}}', /Statement 0 has no Effect/],
  [
    'an unknown operator',
    '{"Statement":{"Effect":"Deny","Condition":{"StringIs":{"a":"b"}}}}',
    /unknown condition operator StringIs/,
  ],
  ['an element twice', '{"Statement":{"Effect":"Deny","Effect":"Allow"}}', /occurs twice in statement 0/],
]
for (const [name, text, want] of refused)
  test(`${name} is an Error`, () => assert.throws(() => compilePolicy(text), want))

test('a statement knows its place', () => {
  const { version, statements } = compilePolicy(
    '{\n"Statement": [\n{"Effect":"Allow"},\n\n{"Effect":"Deny","Sid":"No"}\n]}',
  )
  assert.equal(version, '2008-10-17')
  assert.deepEqual(
    statements.map(({ index, line, effect, sid }) => [index, line, effect, sid]),
    [
      [0, 3, 'Allow', undefined],
      [1, 5, 'Deny', 'No'],
    ],
  )
})

test('an unknown operator without a key is no condition', () =>
  assert.deepEqual(
    compilePolicy('{"Statement":{"Effect":"Deny","Condition":{"StringIs":{}}}}').statements[0]?.conditions,
    [],
  ))
