/** The form of explanations, as the contract for automation has it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePolicy, explain } from '@understudy/policy'
import type { JournalEntry } from '../../authorization/journal.ts'
import { explanation, summary } from './explanation.ts'
import { ACCOUNT, journalEntry, question } from './fixture.ts'

const explained = (entry: JournalEntry) =>
  explanation({ ...entry, records: entry.questions.map(({ request, set }) => explain(request, set)) })

test('an implicit denial holds what the contract names', () => {
  const told = explained(journalEntry())
  assert.deepEqual(
    [told.decisionId, told.requestId, told.verdict, told.kind],
    ['node-1', 'request-1', 'Deny', 'implicit'],
  )
  assert.deepEqual(
    [told.principal, told.action, told.resource],
    [`arn:aws:iam::${ACCOUNT}:user/alice`, 's3:GetObject', 'arn:aws:s3:::reports/q1.csv'],
  )
  const layer = told.layers.find((candidate) => candidate.layer === 'identity')
  const statement = layer?.statements[0]
  assert.equal(layer?.verdict, 'silent')
  assert.equal(statement?.sid, 'OnlyBlue')
  assert.deepEqual(statement?.conditions[0], {
    key: 'aws:PrincipalTag/team',
    received: ['red'],
    operator: 'StringEquals',
    wanted: ['blue'],
    matched: false,
    absent: false,
  })
  assert.ok(told.suggestions.length > 0)
  assert.ok(told.suggestions.every((suggestion) => suggestion.owner === ACCOUNT && suggestion.patch.length > 0))
})

test('an explicit denial says so', () => {
  const deny = {
    name: 'deny',
    policy: compilePolicy('{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'),
  }
  const told = explained(journalEntry({ questions: [question({}, { identity: [deny] })] }))
  assert.deepEqual([told.kind, told.code], ['explicit', 'IDENTITY.EXPLICIT_DENY'])
  assert.equal(told.layers[0]?.statements[0]?.sid, null)
})

test('the denied question is told, whatever its place', () => {
  const allowed = question({ context: new Map([['aws:principaltag/team', 'blue']]) })
  const denied = question({ action: 's3:PutObject' })
  const told = explained(journalEntry({ questions: [allowed, denied] }))
  assert.deepEqual([told.action, told.questions.map((item) => item.verdict)], ['s3:PutObject', ['Allow', 'Deny']])
})

test('an allow has no code and no kind', () => {
  const { refusal: _, ...entry } = journalEntry({
    questions: [question({ context: new Map([['aws:principaltag/team', 'blue']]) })],
  })
  const told = explained(entry)
  assert.deepEqual([told.verdict, told.kind, told.code], ['Allow', undefined, undefined])
  assert.equal(summary(entry).verdict, 'Allow')
})

test('a refusal before any policy has its own code and no kind', () => {
  const entry = journalEntry({
    questions: [],
    refusal: {
      code: 'SignatureDoesNotMatch',
      status: 403,
      message: 'no',
      diagnosis: 'AUTH.SIGNATURE_MISMATCH',
      details: { stringToSign: 'a\nb' },
    },
  })
  const told = explained(entry)
  assert.deepEqual(
    [told.verdict, told.kind, told.code, told.action],
    ['Deny', undefined, 'AUTH.SIGNATURE_MISMATCH', 's3:GetObject'],
  )
  assert.equal(told.refusal?.details?.['stringToSign'], 'a\nb')
  assert.equal(summary(entry).code, 'AUTH.SIGNATURE_MISMATCH')
})

test('a refusal after an allow keeps the code of the refusal', () => {
  const told = explained(
    journalEntry({
      questions: [question({ context: new Map([['aws:principaltag/team', 'blue']]) })],
      refusal: { code: 'NoSuchKey', status: 404, message: 'no', diagnosis: 'REQUEST.NO_SUCH_ENTITY' },
    }),
  )
  assert.deepEqual([told.verdict, told.kind, told.code], ['Deny', undefined, 'REQUEST.NO_SUCH_ENTITY'])
})

test('what the server knows better than the engine wins', () => {
  const told = explained(
    journalEntry({ questions: [{ ...question(), diagnosis: 'ASSUME.NO_SUCH_ROLE', note: 'There is no such role.' }] }),
  )
  assert.deepEqual([told.code, told.note], ['ASSUME.NO_SUCH_ROLE', 'There is no such role.'])
})
