import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import { compilePolicy } from '@understudy/policy'
import { instant } from '../domain/brands.ts'
import { seededChance } from '../domain/chance.ts'
import { document } from './fixture.ts'
import { isRefusal, journalRing } from './journal-ring.ts'
import type { JournalEntry, JudgedQuestion } from './journal.ts'

const ring = (bytesMax?: number, node = 'node') =>
  journalRing({ node, chance: seededChance('ring'), ...(bytesMax === undefined ? {} : { bytesMax }) })

const question = (effect: 'Allow' | 'Deny', more: Partial<JudgedQuestion> = {}): JudgedQuestion => ({
  request: {
    principal: { kind: 'anonymous' },
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::b/k',
    context: new Map(),
  },
  set: { identity: [] },
  decision: { effect, reason: effect === 'Allow' ? 'identity' : 'implicit-deny:identity' },
  ...more,
})
let number = 0
function entry(more: Partial<JournalEntry> = {}): JournalEntry {
  number++
  return {
    decisionId: `d-${number}`,
    requestId: `r-${number}`,
    // Many in one millisecond: order of arrival counts.
    at: instant(5),
    service: 's3',
    clientIp: '127.0.0.1',
    userAgent: 'test',
    questions: [],
    ...more,
  }
}
const allow = (more: Partial<JournalEntry> = {}) => entry({ questions: [question('Allow')], ...more })
const deny = (more: Partial<JournalEntry> = {}) => entry({ questions: [question('Deny')], ...more })
const refusal = { code: 'X', status: 400, message: 'x', diagnosis: 'REQUEST.INVALID' }

const kinds: readonly (readonly [name: string, given: JournalEntry, want: boolean])[] = [
  ['no question', entry(), false],
  ['an allow', allow(), false],
  ['a deny', deny(), true],
  ['a deny among allows', entry({ questions: [question('Allow'), question('Deny')] }), true],
  ['bad input of who was allowed', allow({ refusal }), true],
]
for (const [name, given, want] of kinds) test(`refusal: ${name}`, () => assert.equal(isRefusal(given), want))

test('ids name the node, are never the same, also after a restart of the node', () => {
  const [one, two] = [
    journalRing({ node: 'n1', chance: seededChance('a') }),
    journalRing({ node: 'n1', chance: seededChance('b') }),
  ]
  const ids = Array.from({ length: 100 }, () => [one.newDecisionId(), two.newDecisionId()]).flat()
  assert.equal(new Set(ids).size, 200)
  for (const id of ids) assert.match(id, /^n1-[0-9a-f]{8}-[0-9a-z]+$/)
})

test('found by decision id and by request id', () => {
  const journal = ring()
  const [one, two] = [allow(), deny()]
  journal.record(one)
  journal.record(two)
  assert.equal(journal.find(one.decisionId), one)
  assert.equal(journal.find(two.requestId), two)
  assert.equal(journal.find('none'), undefined)
})

test('of two entries with one request id the newer one is found, whatever their verdicts', () => {
  for (const [first, second] of [
    [allow, deny],
    [deny, allow],
    [deny, deny],
  ] as const) {
    const journal = ring()
    journal.record(first({ requestId: 'same' }))
    const newer = second({ requestId: 'same' })
    journal.record(newer)
    journal.record(allow())
    assert.equal(journal.find('same'), newer)
  }
})

test('last is the newest entry, whatever its verdict', () => {
  const journal = ring()
  assert.equal(journal.last(), undefined)
  for (const each of [allow(), deny(), allow()]) {
    journal.record(each)
    assert.equal(journal.last(), each)
  }
  journal.record(allow({ service: 'ec2' }))
  assert.notEqual(journal.last()?.service, 'ec2', "what EC2 asks for instances is nobody's call")
})

test('recent: newest first, allows and denials together, no more than asked for', () => {
  const journal = ring()
  const all = [allow(), deny(), allow(), deny(), allow()]
  for (const each of all) journal.record(each)
  assert.deepEqual(journal.recent(3), all.toReversed().slice(0, 3))
  assert.equal(journal.recent(100).length, 5)
  assert.deepEqual(journal.recent(0), [])
})

test('denials outlive allows, and the oldest of each go first', () => {
  const journal = ring(100_000)
  const old = [deny(), deny(), deny()]
  for (const each of old) journal.record(each)
  const allows = Array.from({ length: 5000 }, () => allow())
  for (const each of allows) journal.record(each)
  for (const each of old) assert.equal(journal.find(each.decisionId), each)
  const [first, latest] = [allows[0], allows.at(-1)]
  assert.ok(first && latest)
  assert.equal(journal.find(first.decisionId), undefined)
  assert.equal(journal.find(first.requestId), undefined)
  assert.equal(journal.find(latest.decisionId), latest)
})

test('denials alone fill the ring and push out their own oldest', () => {
  const journal = ring(100_000)
  const denials = Array.from({ length: 3000 }, () => deny())
  for (const each of denials) journal.record(each)
  assert.equal(journal.find(denials[0]?.decisionId ?? ''), undefined)
  assert.equal(journal.last(), denials.at(-1))
  const kept = journal.recent(5000)
  assert.ok(kept.length > 5 && kept.length < 30, `${kept.length}`)
  assert.deepEqual(kept, denials.toReversed().slice(0, kept.length))
})

test('what an entry holds counts: details, notes, and policies that only it holds', () => {
  const large = 'x'.repeat(20_000)
  const kept = (make: () => JournalEntry): number => {
    const journal = ring(400_000)
    for (let count = 0; count < 300; count++) journal.record(make())
    return journal.recent(1000).length
  }
  const one = { name: 'p', policy: compilePolicy(document(large)) }
  const cases: readonly (readonly [name: string, make: () => JournalEntry])[] = [
    ['details of a refusal', () => deny({ refusal: { ...refusal, details: { large } } })],
    ['details of a question', () => entry({ questions: [question('Deny', { details: { large } })] })],
    ['a note', () => entry({ questions: [question('Deny', { note: large })] })],
    ['a long user agent', () => deny({ userAgent: large })],
    [
      'a session policy of its own',
      () => {
        const session = [{ name: 'p', policy: compilePolicy(document(large)) }]
        return entry({ questions: [question('Deny', { set: { identity: [], session } })] })
      },
    ],
  ]
  for (const [name, make] of cases) assert.ok(kept(make) < 20, `${name}: ${kept(make)} entries of 20 kB in 400 kB`)
  const shared = kept(() => entry({ questions: [question('Deny', { set: { identity: [one], session: [one] } })] }))
  assert.ok(shared > 50, `a policy that all hold is counted once: ${shared} entries`)
})

test('one entry is kept, however large it is', () => {
  const journal = ring(1000)
  const large = deny({ userAgent: 'x'.repeat(100_000) })
  journal.record(large)
  assert.equal(journal.find(large.decisionId), large)
})

test('the bound holds for any order of allows, denials and sizes', () => {
  const step = fc.record({ denied: fc.boolean(), size: fc.nat(9000) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const journal = ring(50_000)
      for (const { denied, size } of steps) {
        const made = (denied ? deny : allow)({ userAgent: 'x'.repeat(size) })
        journal.record(made)
        assert.equal(journal.find(made.decisionId), made, 'the newest is always there')
      }
      const kept = journal.recent(1000)
      const characters = kept.reduce((sum, each) => sum + each.userAgent.length, 0)
      assert.ok(characters <= 50_000)
      for (const each of kept) assert.equal(journal.find(each.requestId), each)
    }),
    { numRuns: 50 },
  )
})

test('listeners hear every entry until they leave; clear forgets', () => {
  const journal = ring()
  const heard: JournalEntry[] = []
  const leave = journal.onEntry((each) => heard.push(each))
  const [one, two] = [allow(), deny()]
  journal.record(one)
  leave()
  journal.record(two)
  assert.deepEqual(heard, [one])
  journal.clear()
  assert.equal(journal.last(), undefined)
  assert.equal(journal.find(one.decisionId), undefined)
  assert.deepEqual(journal.recent(10), [])
})
