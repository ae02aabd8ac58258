// The byte layout of Query answers: by hand, and by the lengths of recorded bodies.
import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { iamModel, stsModel } from '../model/load.ts'
import type { OperationModel, ServiceModel, Shape } from '../model/types.ts'
import { readRecording } from '../testing/recordings.ts'
import type { ScenarioRecord } from '../testing/recordings.ts'
import { encodeQueryError, encodeQueryResponse } from './encode.ts'
import { encodeQueryErrorJson, encodeQueryResponseJson, wantsJson } from './json.ts'
import { encodePolicyDocument } from './policy-document.ts'

const ID = '01234567-89ab-cdef-0123-456789abcdef'

function operationOf(model: ServiceModel, name: string): OperationModel {
  const operation = model.operations.get(name)
  assert.ok(operation)
  return operation
}

const write = (model: ServiceModel, name: string, output: Readonly<Record<string, unknown>>) =>
  encodeQueryResponse(model, operationOf(model, name), output, ID)

test('GetCallerIdentity: order, indentation, final newline', () => {
  assert.equal(
    write(stsModel(), 'GetCallerIdentity', { Account: '1', UserId: 'AIDA', Arn: 'arn' }),
    `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult>
    <Arn>arn</Arn>
    <UserId>AIDA</UserId>
    <Account>1</Account>
  </GetCallerIdentityResult>
  <ResponseMetadata>
    <RequestId>${ID}</RequestId>
  </ResponseMetadata>
</GetCallerIdentityResponse>
`,
  )
})

test('AssumeRole: order of elements', () => {
  const text = write(stsModel(), 'AssumeRole', {
    SourceIdentity: 's',
    PackedPolicySize: 1,
    Credentials: { SessionToken: 't', Expiration: new Date(0), SecretAccessKey: 'k', AccessKeyId: 'a' },
    AssumedRoleUser: { Arn: 'arn', AssumedRoleId: 'id' },
  })
  const order = [...text.matchAll(/^ {4,6}<(\w+)>/gm)].map(([, name]) => name)
  const credentials = ['Credentials', 'AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration']
  const user = ['AssumedRoleUser', 'AssumedRoleId', 'Arn']
  assert.deepEqual(order, [...user, ...credentials, 'PackedPolicySize', 'SourceIdentity', 'RequestId'])
})

test('an error that repeats what XML has no character for can be read', () => {
  const message = `${Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join('')}\uFFFE&#x0;`
  const text = encodeQueryError(stsModel(), { code: 'ValidationError', message, status: 400, requestId: ID })
  assert.doesNotMatch(text, /&#x(?:[0-8BCEF]|1[0-9A-F]);/)
  assert.match(text, /<Message>\uFFFD{9}\t\n\uFFFD{2}&#xD;\uFFFD{19}&amp;#x0;<\/Message>/)
})

test('an operation without output has no result; empty lists are self-closed; items are member', () => {
  assert.doesNotMatch(write(iamModel(), 'DeleteRole', {}), /Result/)
  const tags = write(iamModel(), 'ListRoleTags', { Tags: [], IsTruncated: false })
  assert.match(tags, /\n {4}<Tags\/>\n {4}<IsTruncated>false<\/IsTruncated>\n/)
  const one = write(iamModel(), 'ListRoleTags', { Tags: [{ Key: 'a&b', Value: '' }] })
  assert.match(one, /<Tags>\n {6}<member>\n {8}<Key>a&amp;b<\/Key>\n {8}<Value><\/Value>\n {6}<\/member>\n {4}<\/Tags>/)
})

test('timestamps show milliseconds only when there are some', () => {
  const at = (time: string) => write(iamModel(), 'GetRole', { Role: { CreateDate: new Date(time) } })
  assert.match(at('2026-09-11T10:00:00.000Z'), /<CreateDate>2026-09-11T10:00:00Z</)
  assert.match(at('2026-09-11T10:00:00.120Z'), /<CreateDate>2026-09-11T10:00:00.120Z</)
})

test('errors: with and without message, sender and receiver, namespace of faults before the operation', () => {
  const error = { code: 'NoSuchEntity', message: 'no', status: 404, requestId: ID }
  assert.equal(
    encodeQueryError(iamModel(), error),
    `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
  <Error>
    <Type>Sender</Type>
    <Code>NoSuchEntity</Code>
    <Message>no</Message>
  </Error>
  <RequestId>${ID}</RequestId>
</ErrorResponse>
`,
  )
  assert.doesNotMatch(encodeQueryError(iamModel(), { ...error, message: undefined }), /Message/)
  assert.match(encodeQueryError(undefined, { ...error, status: 500 }), /AWSFault\/2005-15-09">[^]*<Type>Receiver</)
})

test('JSON rendering', () => {
  const operation = operationOf(stsModel(), 'GetCallerIdentity')
  assert.equal(
    encodeQueryResponseJson(operation, { Account: '1', UserId: 'A', Arn: 'arn' }, ID),
    `{"GetCallerIdentityResponse":{"GetCallerIdentityResult":{"Arn":"arn","UserId":"A","Account":"1"},"ResponseMetadata":{"RequestId":"${ID}"}}}`,
  )
  assert.equal(
    encodeQueryErrorJson({ code: 'X', message: 'm', status: 400, requestId: ID }),
    `{"Error":{"Code":"X","Message":"m","Type":"Sender"},"RequestId":"${ID}"}`,
  )
  const accepts: readonly [string | undefined, boolean][] = [
    ['application/json', true],
    ['application/json;q=1, text/xml', true],
    ['*/*', false],
    ['text/xml, application/json', false],
    [undefined, false],
  ]
  for (const [accept, json] of accepts) assert.equal(wantsJson(accept), json, String(accept))
})

test('policy documents are percent-encoded, unreserved characters bare', () => {
  assert.equal(encodePolicyDocument('{"a": "*~-_."}\n'), '%7B%22a%22%3A%20%22%2A~-_.%22%7D%0A')
})

const recorded = readRecording('aws-recorded.json') as readonly ScenarioRecord[] | undefined
const layouts = (recorded ?? []).filter(
  ({ id, recorded: answer }) => id.startsWith('layout/') && answer?.content_length,
)

test('recorded body lengths', { skip: recorded ? false : 'no recordings beside the repository' }, () => {
  assert.ok(layouts.length >= 30)
  const misses = layouts.filter((record) => Buffer.byteLength(rebuild(record)) !== record.recorded?.content_length)
  assert.deepEqual(
    misses.map(({ id, recorded: answer }) => [id, answer?.content_length]),
    [],
  )
})

function rebuild(record: ScenarioRecord): string {
  const model = record.service === 'iam' ? iamModel() : stsModel()
  const error = record.recorded?.error
  if (error)
    return encodeQueryError(model, {
      code: error.code,
      message: error.message ?? undefined,
      status: record.recorded?.status ?? 400,
      requestId: ID,
    })
  const operation = operationOf(model, record.operation)
  const output = operation.output ? revive(operation.output, record.recorded?.body ?? {}) : {}
  return encodeQueryResponse(model, operation, output as Readonly<Record<string, unknown>>, ID)
}

/** Recorded bodies hold times as text and policy documents as objects. */
function revive(shape: Shape, value: unknown): unknown {
  if (shape.kind === 'timestamp') return new Date(String(value))
  if (shape.kind === 'list') return (value as readonly unknown[]).map((item) => revive(shape.item, item))
  if (shape.kind === 'map')
    return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, revive(shape.value, item)]))
  if (shape.kind !== 'structure') return value
  const entries = Object.entries(value as object).map(([key, item]) => {
    const member = shape.byName.get(key)
    assert.ok(member, `${shape.name} has no ${key}`)
    return [key, revive(member.shape, item)]
  })
  return Object.fromEntries(entries)
}
