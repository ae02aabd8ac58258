import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSimulation } from './simulation-input.ts'

const POLICY = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
const TEXT = JSON.stringify(POLICY)
const least = { caller: 'arn:aws:iam::111111111111:user/a', action: 's3:GetObject', resource: '*' }

test('every member is read', () => {
  const read = readSimulation({
    ...least,
    context: { 'aws:SourceIp': '192.0.2.1', 'aws:TagKeys': ['a', 'b'], 'aws:SecureTransport': true, 's3:max-keys': 5 },
    session: {
      sessionName: 's',
      policies: [POLICY],
      policyArns: ['arn'],
      tags: { team: 'red' },
      transitiveKeys: ['team'],
      sourceIdentity: 'sam',
    },
    policies: {
      identity: [POLICY],
      boundary: null,
      trust: TEXT,
      resource: POLICY,
      scp: [[POLICY], []],
      rcp: null,
      session: null,
      exclude: ['x'],
    },
  })
  assert.deepEqual(read, {
    ok: true,
    simulation: {
      ...least,
      context: {
        'aws:SourceIp': '192.0.2.1',
        'aws:TagKeys': ['a', 'b'],
        'aws:SecureTransport': 'true',
        's3:max-keys': '5',
      },
      session: {
        sessionName: 's',
        sessionPolicies: [TEXT],
        sessionPolicyArns: ['arn'],
        tags: [{ key: 'team', value: 'red' }],
        transitiveKeys: ['team'],
        sourceIdentity: 'sam',
      },
      policies: {
        identity: [TEXT],
        boundary: null,
        trust: TEXT,
        resource: TEXT,
        scp: [[TEXT], []],
        rcp: null,
        session: null,
        exclude: ['x'],
      },
    },
  })
})

test('the least there is', () => {
  assert.deepEqual(readSimulation(least), { ok: true, simulation: { ...least, context: {}, policies: {} } })
})

const wrong: readonly (readonly [given: Readonly<Record<string, unknown>>, problem: RegExp])[] = [
  [{ ...least, caller: undefined }, /`caller` is missing/],
  [{ ...least, action: 5 }, /`action` must be a text/],
  [{ ...least, polices: {} }, /`polices` is not known here\. Known: caller, session/],
  [{ ...least, context: [] }, /`context` must be an object/],
  [{ ...least, context: { k: null } }, /`context\.k` must be a text/],
  [{ ...least, policies: { identity: POLICY } }, /`policies\.identity` must be a list/],
  [{ ...least, policies: { scp: [POLICY] } }, /`policies\.scp\[0\]` must be a list/],
  [{ ...least, policies: { trust: '{' } }, /`policies\.trust` is no policy\. The text is no JSON/],
  [
    { ...least, policies: { boundary: { Version: '2012-10-17' } } },
    /`policies\.boundary` is no policy\. The policy has no Statement/,
  ],
  [{ ...least, policies: { permissions: [] } }, /`policies\.permissions` is not known here/],
  [{ ...least, session: { name: 'x' } }, /`session\.name` is not known here/],
  [{ ...least, session: { tags: { a: 1 } } }, /`session\.tags\.a` must be a text/],
]
for (const [given, problem] of wrong)
  test(`wrong: ${String(problem)}`, () => {
    const read = readSimulation(given)
    assert.match(read.ok ? 'taken' : read.problem, problem)
  })
