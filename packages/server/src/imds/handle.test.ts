/** Laws over arbitrary requests, in process: every one gets an answer of the service, and secrets have one way out. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as fc from 'fast-check'
import { ACCOUNT, anInstance, optional, ROLES, world } from './fixture.ts'
import type { World } from './fixture.ts'
import { handle } from './handle.ts'
import { machine } from './machine.ts'
import type { Machine } from './machine.ts'
import { checkedSettings } from './settings.ts'

let here: World
let strict: Machine
let open: Machine
before(async () => {
  const second = anInstance({ id: 'i-00000000000000002', ...optional })
  here = await world([anInstance(), second])
  const settings = checkedSettings({ requestsPerSecond: 1_000_000 })
  strict = machine(here.parts, settings, ACCOUNT, anInstance())
  open = machine(here.parts, settings, ACCOUNT, second)
})
after(() => here.close())

const peer = { address: '127.0.0.1', port: 40_000 }
const words = [
  'latest',
  '2021-03-23',
  'meta-data',
  'iam',
  'security-credentials',
  'Reader',
  'info',
  'api',
  'token',
  '..',
]
const paths = fc
  .array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 8 })), { maxLength: 7 })
  .map((names) => `/${names.join('/')}`)
const methods = fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'OPTIONS', 'DELETE', 'BREW')
const headers = fc.record(
  {
    host: fc.constantFrom('localhost', '127.0.0.1:80', 'evil.example'),
    origin: fc.constantFrom('null', 'http://localhost'),
    expect: fc.constant('100-continue'),
    'x-forwarded-for': fc.string(),
    'x-aws-ec2-metadata-token': fc.string(),
    'x-aws-ec2-metadata-token-ttl-seconds': fc.oneof(fc.string(), fc.integer().map(String)),
  },
  { requiredKeys: ['host'] },
)
const KNOWN: ReadonlySet<number> = new Set([200, 400, 401, 403, 404, 405, 417, 421])

test('law: every request has an answer of the service, and none is a fault', async () => {
  await fc.assert(
    fc.asyncProperty(methods, paths, headers, async (method, target, sent) => {
      const answer = await handle(open, { method, target, httpVersion: '1.1', headers: sent, peer })
      assert.ok(KNOWN.has(answer.status), `${answer.status}`)
    }),
    { numRuns: 500 },
  )
  assert.deepEqual(
    here.events.filter(({ kind }) => kind === 'fault'),
    [],
  )
})

test('law: without a token nothing comes out of an instance that requires one', async () => {
  await fc.assert(
    fc.asyncProperty(methods, paths, headers, async (method, target, sent) => {
      const answer = await handle(strict, { method, target, httpVersion: '1.1', headers: sent, peer })
      const isToken = method === 'PUT' && answer.status === 200
      assert.ok(isToken || (answer.status >= 400 && !answer.body.includes('AccessKeyId')))
    }),
    { numRuns: 500 },
  )
})

test('law: a path means the same with more slashes, a last slash and a query', async () => {
  const spellings = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.boolean(), fc.constantFrom('', '?', '?a=/b'))
  const targets = fc.constantFrom('/', '/latest/meta-data', '/latest/meta-data/mac', `${ROLES}Reader`, '/latest/none')
  const at = (target: string) =>
    handle(open, { method: 'GET', target, httpVersion: '1.1', headers: { host: 'localhost' }, peer })
  await fc.assert(
    fc.asyncProperty(targets, spellings, async (target, [slashes, isClosed, query]) => {
      const spelled = target.replaceAll('/', '/'.repeat(slashes)) + (isClosed ? '/' : '') + query
      assert.deepEqual(await at(spelled), await at(target))
    }),
  )
})
