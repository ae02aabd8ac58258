// The official clients at the other end of the wire: every operation of IAM and STS, random inputs and outputs.
import * as iam from '@aws-sdk/client-iam'
import * as sts from '@aws-sdk/client-sts'
import { HttpResponse } from '@smithy/protocol-http'
import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { iamModel, stsModel } from '../model/load.ts'
import type { OperationModel, ServiceModel, Structure } from '../model/types.ts'
import { arbitrary, expressible, troubledText } from '../testing/arbitrary.ts'
import { decodeQuery } from './decode.ts'
import { encodeQueryResponse } from './encode.ts'

const REQUEST_ID = '11111111-2222-3333-4444-555555555555'
const RUNS = 15
const everything = { member: () => true, text: troubledText }

/** What the client's request handler sees and answers. */
interface Exchange {
  readonly request: { readonly body: string }
}

/** A client whose wire is a function. */
type Send = (operation: OperationModel, input: unknown, answer: string) => Promise<{ sent: string; output: unknown }>

function clientOf(module: Readonly<Record<string, unknown>>, name: string): Send {
  const Client = module[name] as new (config: object) => { send(command: unknown): Promise<unknown> }
  const state = { sent: '', answer: '' }
  const requestHandler = {
    handle: (request: Exchange['request']) => {
      state.sent = request.body
      const body = new Blob([state.answer]).stream()
      return Promise.resolve({
        response: new HttpResponse({ statusCode: 200, headers: { 'content-type': 'text/xml' }, body }),
      })
    },
  }
  const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' }
  const client = new Client({
    region: 'us-east-1',
    endpoint: 'http://localhost:1',
    credentials,
    requestHandler,
    maxAttempts: 1,
  })
  return async (operation, input, answer) => {
    const Command = module[`${operation.name}Command`] as new (input: unknown) => unknown
    state.answer = answer
    const output = await client.send(new Command(input))
    return { sent: state.sent, output }
  }
}

for (const [model, send] of [
  [iamModel(), clientOf(iam, 'IAMClient')],
  [stsModel(), clientOf(sts, 'STSClient')],
] as const)
  test(`${model.service}: random inputs and outputs of all ${model.operations.size} operations survive`, async () => {
    for (const operation of model.operations.values()) await roundTrip(model, operation, send)
  })

async function roundTrip(model: ServiceModel, operation: OperationModel, send: Send): Promise<void> {
  const inputs = arbitrary(operation.input, everything)
  const outputs = operation.output ? arbitrary(operation.output, everything) : fc.constant({})
  await fc.assert(
    fc.asyncProperty(inputs, outputs, async (input, output) => {
      const answer = encodeQueryResponse(model, operation, output as Structure, REQUEST_ID)
      const got = await send(operation, input, answer)
      const decoded = decodeQuery(model, got.sent)
      assert.ok(decoded.ok, `${operation.name}: ${JSON.stringify(decoded)}`)
      assert.equal(decoded.operation.name, operation.name)
      assert.deepEqual(expressible(decoded.input), expressible(input), operation.name)
      assert.deepEqual(expressible(got.output), expressible(output), operation.name)
    }),
    { numRuns: RUNS },
  )
}
