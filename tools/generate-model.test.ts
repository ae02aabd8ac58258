// The committed models are what the generator makes today, and the generator fails where its sources disagree.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readBotocore } from './generate-model-botocore.ts'
import type { BotoModel } from './generate-model-botocore.ts'
import type { ClientModel } from './generate-model-client.ts'
import { mergeModels } from './generate-model-merge.ts'
import { applyPatches, remaining } from './generate-model-patches.ts'
import { generateModels, modelFile } from './generate-model.ts'

/** The version of botocore that the committed tables name. */
const made = /botocore ([\d.]+\d)/.exec(readFileSync(modelFile('sts-table.ts'), 'utf8').slice(0, 200))?.[1]
const installed = readBotocore(['sts'])?.version
const reason = installed === undefined ? 'no python3 with botocore' : `botocore ${installed}, the tables are of ${made}`

test('committed models equal a fresh generation', { skip: installed === made ? false : reason }, () => {
  const files = generateModels()
  assert.equal(files?.size, 6)
  for (const [name, text] of files ?? []) {
    assert.ok(existsSync(modelFile(name)), `${name} is missing`)
    assert.ok(readFileSync(modelFile(name), 'utf8') === text, `${name} differs: run node tools/generate-model.ts`)
  }
})

const member = (name: string, kind: 'string' | 'number') => ({
  name,
  own: {},
  traits: {},
  shape: () => ({ kind, name: '', traits: {} }),
})
const client: ClientModel = {
  operations: [
    {
      name: 'GetThing',
      http: undefined,
      input: {
        kind: 'structure',
        name: 'Request',
        union: false,
        traits: {},
        requiredCount: 1,
        members: [member('Name', 'string')],
      },
      output: undefined,
    },
  ],
  errors: [{ shape: 'NoThing', code: 'NoThing', status: 404, fault: 'client' }],
}
const agreeing: BotoModel = {
  metadata: { apiVersion: '1', protocol: 'query', xmlNamespace: 'x' },
  operations: {
    GetThing: { name: 'GetThing', http: { method: 'POST', requestUri: '/' }, input: { shape: 'Request' } },
  },
  shapes: {
    Request: { type: 'structure', required: ['Name'], members: { Name: { shape: 'nameType' } } },
    nameType: { type: 'string', min: 1, max: 9 },
    NoThing: { type: 'structure', error: { code: 'NoThing', httpStatusCode: 404 } },
  },
  pagination: {},
}
const withShapes = (shapes: BotoModel['shapes']): BotoModel => ({
  ...agreeing,
  shapes: { ...agreeing.shapes, ...shapes },
})

const disagreements: readonly [name: string, boto: BotoModel, complaint: RegExp | undefined][] = [
  ['agreement', agreeing, undefined],
  [
    'required',
    withShapes({ Request: { type: 'structure', members: { Name: { shape: 'nameType' } } } }),
    /required true and false/,
  ],
  ['kind', withShapes({ nameType: { type: 'boolean' } }), /a string and a boolean/],
  [
    'wire name',
    withShapes({
      Request: { type: 'structure', required: ['Name'], members: { Name: { shape: 'nameType', locationName: 'N' } } },
    }),
    /named Name and N/,
  ],
  [
    'member unknown to the client',
    withShapes({
      Request: {
        type: 'structure',
        required: ['Name'],
        members: { Name: { shape: 'nameType' }, More: { shape: 'nameType' } },
      },
    }),
    /More: not in the client/,
  ],
  [
    'error status',
    withShapes({ NoThing: { type: 'structure', error: { code: 'NoThing', httpStatusCode: 400 } } }),
    /status 404 and 400/,
  ],
  [
    'error code',
    withShapes({ NoThing: { type: 'structure', error: { code: 'Nothing', httpStatusCode: 404 } } }),
    /code NoThing and Nothing/,
  ],
  [
    'operation',
    {
      ...agreeing,
      operations: { ...agreeing.operations, Other: { name: 'Other', http: { method: 'POST', requestUri: '/' } } },
    },
    /Other: not in the client/,
  ],
]
for (const [name, boto, complaint] of disagreements)
  test(`sources: ${name}`, () => {
    const { complaints } = mergeModels('sts', client, boto)
    if (complaint === undefined) assert.deepEqual(complaints, [])
    else assert.match(complaints.join('\n'), complaint)
  })

test('patches must apply, change something and carry evidence; accepted disagreements must still exist', () => {
  const { model } = mergeModels('sts', client, agreeing)
  const patch = { service: 'sts', shape: 'nameType', set: { max: 10 }, evidence: 'seen' }
  assert.deepEqual(applyPatches(model, [patch]).shapes['nameType'], { kind: 'string', min: 1, max: 10 })
  for (const wrong of [
    { ...patch, shape: 'other' },
    { ...patch, set: { max: 9 } },
    { ...patch, evidence: '' },
    { ...patch, member: 'x' },
  ])
    assert.throws(() => applyPatches(model, [wrong]), /patch of/)
  const accepted = [{ service: 'sts', complaint: 'a', evidence: 'seen' }]
  assert.deepEqual(remaining('sts', ['a', 'b'], accepted), ['b'])
  assert.deepEqual(remaining('sts', [], accepted), ['no longer: a'])
})
