/**
 * Our own simulation says what a real call is answered: random callers, roles, trust, identity, boundary, organization and
 * session policies, asked three times. With the documents given to a simulation of bare entities; with the documents stored;
 * and by a real, signed AssumeRole over the wire. What `can` settles without knowing the request has to agree too.
 * `UNDERSTUDY_ROUND_TRIPS` sets how many (300; 10,000 at night).
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Sha256 } from '@aws-crypto/sha256-js'
import { HttpRequest } from '@smithy/protocol-http'
import { SignatureV4 } from '@smithy/signature-v4'
import * as fc from 'fast-check'
import { can } from '../../packages/server/src/analysis/can.ts'
import { findPrincipal } from '../../packages/server/src/analysis/principals.ts'
import { simulate } from '../../packages/server/src/analysis/simulate.ts'
import type { Simulated, Simulation } from '../../packages/server/src/analysis/simulate.ts'
import { knownAccountId } from '../../packages/server/src/domain/brands.ts'
import type { Instant } from '../../packages/server/src/domain/brands.ts'
import {
  EVERYWHERE,
  accessKeySealOwner,
  accessKeys,
  managedPolicies,
  roles,
  users,
} from '../../packages/server/src/entities/iam.ts'
import type { Role, User } from '../../packages/server/src/entities/iam.ts'
import { organizations } from '../../packages/server/src/entities/organization.ts'
import { bindPrincipals } from '../../packages/server/src/entities/principal-bindings.ts'
import { openWorld } from '../support/world.ts'
import type { Keys, World } from '../support/world.ts'

const TUPLES = Number(process.env['UNDERSTUDY_ROUND_TRIPS'] ?? 300)
const A = knownAccountId('111111111111')
const B = knownAccountId('222222222222')
const MANAGEMENT = knownAccountId('333333333333')

let world: World
before(async () => {
  world = await openWorld()
  for (const id of [A, B, MANAGEMENT]) await world.account(id)
})
after(() => world.close())

const TARGET = `arn:aws:iam::${A}:role/target`
const NAMES = ['caller', 'other'] as const

type Statement = Readonly<Record<string, unknown>>
const documentOf = (statements: readonly Statement[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })

const conditionOf = fc.oneof(
  { weight: 12, arbitrary: fc.constant({}) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.constantFrom('StringEquals', 'StringNotEquals', 'StringLike', 'StringEqualsIfExists'),
        fc.constantFrom(
          ['sts:ExternalId', ['e1', 'e2', 'e*']],
          ['sts:RoleSessionName', ['one', 'o*', '${aws:username}']],
          ['aws:PrincipalTag/team', ['red', 'blue', '${aws:ResourceTag/team}']],
          ['aws:RequestTag/job', ['x', 'y']],
          ['sts:SourceIdentity', ['sam', 'max']],
          ['aws:ResourceTag/team', ['red']],
          ['aws:PrincipalAccount', [A, B]],
          ['aws:PrincipalOrgID', ['o-trips']],
        ) as fc.Arbitrary<readonly [string, readonly string[]]>,
        fc.nat(2),
      )
      .map(([operator, [key, values], at]) => ({ Condition: { [operator]: { [key]: values[at % values.length] } } })),
  },
  { weight: 1, arbitrary: fc.constant({ Condition: { Null: { 'aws:TokenIssueTime': 'true' } } }) },
  { weight: 1, arbitrary: fc.constant({ Condition: { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::*:*/caller` } } }) },
)
const actionOf = fc.constantFrom(
  'sts:AssumeRole',
  'sts:*',
  ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
  'sts:TagSession',
  's3:*',
)
const trustActionOf = fc.constantFrom(
  'sts:AssumeRole',
  ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
  ['sts:AssumeRole', 'sts:TagSession'],
)
const effectOf = fc.oneof({ weight: 9, arbitrary: fc.constant('Allow') }, { weight: 1, arbitrary: fc.constant('Deny') })

const statementOf = fc
  .tuple(
    effectOf,
    actionOf,
    fc.constantFrom('*', '*', TARGET, `arn:aws:iam::${A}:role/*`, 'arn:aws:iam::*:role/other'),
    conditionOf,
  )
  .map(([Effect, Action, Resource, condition]): Statement => ({ Effect, Action, Resource, ...condition }))
const documents = fc.array(statementOf, { minLength: 1, maxLength: 3 }).map(documentOf)
const wide = documentOf([{ Effect: 'Allow', Action: '*', Resource: '*' }])
const mostlyWide = fc.oneof({ weight: 5, arbitrary: fc.constant(wide) }, { weight: 2, arbitrary: documents })

const PRINCIPALS = ['account', 'account', 'caller', 'caller', 'session', 'everybody', 'other', 'target'] as const
const trustStatementOf = fc.tuple(effectOf, trustActionOf, fc.constantFrom(...PRINCIPALS), conditionOf)
const ALL_THREE = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']
/** Often open to the caller, or too few calls would be allowed. */
const trustOf = fc.tuple(
  fc.oneof(
    fc.tuple(fc.constant('Allow'), fc.constant(ALL_THREE), fc.constantFrom('account', 'caller'), fc.constant({})),
    trustStatementOf,
  ),
  fc.array(trustStatementOf, { maxLength: 2 }),
)
const rcpOf = fc
  .tuple(fc.constantFrom('sts:*', 'sts:AssumeRole', 's3:*'), conditionOf)
  .map(([Action, condition]) => documentOf([{ Effect: 'Deny', Principal: '*', Action, Resource: '*', ...condition }]))

const tupleOf = fc.record({
  kind: fc.constantFrom('user', 'session'),
  account: fc.constantFrom(A, A, B),
  identity: fc.array(mostlyWide, { maxLength: 2 }),
  boundary: fc.option(mostlyWide, { nil: undefined, freq: 2 }),
  session: fc.option(mostlyWide, { nil: undefined, freq: 2 }),
  trust: trustOf,
  scp: fc.option(fc.tuple(mostlyWide, mostlyWide), { nil: undefined, freq: 2 }),
  rcp: fc.option(rcpOf, { nil: undefined, freq: 4 }),
  callerTags: fc.constantFrom({}, { team: 'red' }, { team: 'blue' }) as fc.Arbitrary<Record<string, string>>,
  targetTags: fc.constantFrom({}, { team: 'red' }) as fc.Arbitrary<Record<string, string>>,
  sessionTags: fc.constantFrom({}, {}, { team: 'red' }) as fc.Arbitrary<Record<string, string>>,
  transitive: fc.boolean(),
  externalId: fc.constantFrom(undefined, 'e1', 'e2'),
  job: fc.constantFrom(undefined, undefined, 'x'),
  sourceIdentity: fc.constantFrom(undefined, undefined, 'sam'),
  sessionName: fc.constantFrom('one', 'two', 'caller'),
})
type Tuple = typeof tupleOf extends fc.Arbitrary<infer T> ? T : never

const callerArn = ({ kind, account }: Tuple): string =>
  `arn:aws:iam::${account}:${kind === 'user' ? 'user' : 'role'}/caller`

function trustText(tuple: Tuple): string {
  const named: Readonly<Record<(typeof PRINCIPALS)[number], string>> = {
    account: `arn:aws:iam::${tuple.account}:root`,
    caller: callerArn(tuple),
    session: tuple.kind === 'user' ? callerArn(tuple) : `arn:aws:sts::${tuple.account}:assumed-role/caller/live`,
    everybody: '*',
    other: `arn:aws:iam::${B}:root`,
    target: TARGET,
  }
  return documentOf(
    [tuple.trust[0], ...tuple.trust[1]].map(([Effect, Action, principal, condition]) => ({
      Effect,
      Principal: { AWS: named[principal as (typeof PRINCIPALS)[number]] },
      Action,
      ...condition,
    })),
  )
}

const tagList = (tags: Readonly<Record<string, string>>) => Object.entries(tags).map(([key, value]) => ({ key, value }))
const CLOSED = documentOf([{ Effect: 'Deny', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }])
const USER_ID = 'AIDAROUNDTRIPCALLER00'
const KEY_ID = 'AKIAROUNDTRIPCALLER0'
const SECRET = 'only-for-the-round-trip'

/** Puts the entities of a tuple there: bare ones, or with all their policies. */
async function put(tuple: Tuple, full: boolean): Promise<void> {
  const { store, platform } = world.core
  const createdAt = platform.clock.session()
  const base = { path: '/', createdAt, attached: [] }
  const boundaryArn = `arn:aws:iam::${tuple.account}:policy/bound`
  const holder = {
    ...base,
    name: NAMES[0],
    inline: full ? tuple.identity.map((text, index) => ({ name: `p${index}`, text })) : [],
    tags: tagList(tuple.callerTags),
    ...(full && tuple.boundary !== undefined ? { boundary: boundaryArn } : {}),
  }
  const caller: User = { ...holder, id: USER_ID, groups: [] }
  const rest = { maxSessionSeconds: 3600 }
  const callerRole: Role = { ...holder, ...rest, id: 'AROAROUNDTRIPCALLER00', trust: CLOSED, trustBindings: {} }
  await store.write([EVERYWHERE, A, B], async (writer) => {
    for (const account of [A, B]) {
      await writer.remove(users, account, 'caller')
      await writer.remove(roles, account, 'caller')
      await writer.remove(accessKeys, account, KEY_ID)
      await writer.remove(managedPolicies, account, 'bound')
    }
    if (tuple.kind === 'user') await writer.put(users, tuple.account, caller)
    else await writer.put(roles, tuple.account, callerRole)
    const sealedSecret = platform.vault.seal(SECRET, accessKeySealOwner(tuple.account, KEY_ID, USER_ID))
    const key = { id: KEY_ID, ownerId: USER_ID, userName: 'caller', status: 'Active' as const, createdAt, sealedSecret }
    if (tuple.kind === 'user') await writer.put(accessKeys, tuple.account, key)
    await writer.put(roles, A, { ...target(createdAt, tuple), trust: CLOSED, trustBindings: {} })
  })
  await store.write([EVERYWHERE, A, B], async (writer) => {
    const trust = full ? trustText(tuple) : CLOSED
    const bound = await bindPrincipals(trust, writer)
    assert.ok(bound.ok, JSON.stringify(bound))
    await writer.put(roles, A, { ...target(createdAt, tuple), trust, trustBindings: bound.bindings })
    if (tuple.boundary !== undefined)
      await writer.put(managedPolicies, tuple.account, {
        ...base,
        name: 'bound',
        id: 'ANPAROUNDTRIPBOUND000',
        versions: [{ id: 'v1', text: tuple.boundary, createdAt }],
        defaultVersion: 'v1',
        nextVersion: 2,
        updatedAt: createdAt,
        tags: [],
      })
    await writer.put(organizations, EVERYWHERE, organization(tuple, createdAt, full))
  })
}

const target = (createdAt: Instant, tuple: Tuple): Omit<Role, 'trust' | 'trustBindings'> => ({
  name: 'target',
  path: '/',
  id: 'AROAROUNDTRIPTARGET00',
  createdAt,
  attached: [],
  inline: [],
  maxSessionSeconds: 3600,
  tags: tagList(tuple.targetTags),
})

function organization(tuple: Tuple, createdAt: Instant, full: boolean) {
  const control = (text: string, name: string) => ({
    name,
    arn: `arn:aws:organizations::${MANAGEMENT}:policy/o-trips/${name}`,
    text,
  })
  const [root, own] = full && tuple.scp ? tuple.scp : []
  const rcp = full && tuple.rcp !== undefined ? [control(tuple.rcp, 'rcp')] : []
  const scp = own === undefined ? [] : [control(own, 'own')]
  return {
    id: 'o-trips',
    createdAt,
    managementAccount: MANAGEMENT,
    scpEnabled: root !== undefined,
    rcpEnabled: rcp.length > 0,
    units: [
      {
        id: 'r-1',
        name: 'Root',
        accounts: [A, B],
        serviceControlPolicies: root === undefined ? [] : [control(root, 'root')],
        resourceControlPolicies: rcp,
      },
    ],
    accountPolicies: { [A]: { scp, rcp: [] }, [B]: { scp, rcp: [] } },
  }
}

const shape = (tuple: Tuple): NonNullable<Simulation['session']> => ({
  sessionName: 'live',
  sessionPolicies: tuple.session === undefined ? [] : [tuple.session],
  tags: tagList(tuple.sessionTags),
  transitiveKeys: tuple.transitive ? Object.keys(tuple.sessionTags) : [],
})

const context = (tuple: Tuple): Simulation['context'] => ({
  'sts:RoleSessionName': tuple.sessionName,
  ...(tuple.externalId === undefined ? {} : { 'sts:ExternalId': tuple.externalId }),
  ...(tuple.sourceIdentity === undefined ? {} : { 'sts:SourceIdentity': tuple.sourceIdentity }),
  ...(tuple.job === undefined ? {} : { 'aws:RequestTag/job': tuple.job }),
})

function surroundings() {
  const { store, platform } = world.core
  return { reader: store.current(), catalogue: platform.catalogue, now: platform.clock.session() }
}

/** What `can` says without knowing the request; undefined where the call asks more than it, or its session has more. */
async function settled(tuple: Tuple): Promise<string | undefined> {
  const plain = tuple.job === undefined && tuple.sourceIdentity === undefined && tuple.session === undefined
  if (!plain || (tuple.kind === 'session' && Object.keys(tuple.sessionTags).length > 0)) return undefined
  const at = surroundings()
  const caller = await findPrincipal(callerArn(tuple), at.reader, at.now)
  assert.ok(caller)
  const { outcome } = await can(caller, { action: 'sts:AssumeRole', resource: TARGET, context: {} }, at)
  return outcome === 'depends' ? undefined : outcome === 'allowed' ? 'Allow' : 'Deny'
}

async function simulated(tuple: Tuple, policies: Simulation['policies']): Promise<Simulated> {
  const at = surroundings()
  return simulate(
    {
      caller: callerArn(tuple),
      ...(tuple.kind === 'session' ? { session: shape(tuple) } : {}),
      action: 'sts:AssumeRole',
      resource: TARGET,
      context: context(tuple),
      policies,
    },
    at,
  )
}

/** `Allow`, `Deny`, or the code of a refusal. */
const answerOf = (simulation: Simulated): string =>
  simulation.kind === 'decided'
    ? simulation.effect
    : simulation.kind === 'refused'
      ? simulation.error.code
      : simulation.kind

async function keysOf(tuple: Tuple): Promise<Keys> {
  if (tuple.kind === 'user') return { accessKeyId: KEY_ID, secretAccessKey: SECRET }
  const { platform } = world.core
  const issued = await platform.issuer.issue(
    {
      account: tuple.account,
      expiresAt: (Math.floor(platform.clock.session() / 1000) * 1000 + 3_600_000) as Instant,
      holder: { kind: 'role', name: 'caller', path: '/', id: 'AROAROUNDTRIPCALLER00' },
      sessionName: 'live',
      sessionPolicies: tuple.session === undefined ? [] : [tuple.session],
      sessionPolicyArns: [],
      tags: tagList(tuple.sessionTags),
      transitiveKeys: tuple.transitive ? Object.keys(tuple.sessionTags) : [],
      proof: { kind: 'assume-role' },
      chain: { length: 1 },
    },
    {},
  )
  return { accessKeyId: issued.accessKeyId, secretAccessKey: issued.secretAccessKey, sessionToken: issued.sessionToken }
}

async function live(tuple: Tuple): Promise<string> {
  const parameters: [string, string][] = [
    ['Action', 'AssumeRole'],
    ['Version', '2011-06-15'],
    ['RoleArn', TARGET],
    ['RoleSessionName', tuple.sessionName],
  ]
  if (tuple.externalId !== undefined) parameters.push(['ExternalId', tuple.externalId])
  if (tuple.sourceIdentity !== undefined) parameters.push(['SourceIdentity', tuple.sourceIdentity])
  if (tuple.job !== undefined) parameters.push(['Tags.member.1.Key', 'job'], ['Tags.member.1.Value', tuple.job])
  const { hostname, port, host } = new URL(world.endpoint)
  const body = new URLSearchParams(parameters).toString()
  const credentials = await keysOf(tuple)
  const signer = new SignatureV4({ service: 'sts', region: 'us-east-1', credentials, sha256: Sha256 })
  const headers = { host, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
  const signed = await signer.sign(
    new HttpRequest({ method: 'POST', protocol: 'http:', hostname, port: Number(port), path: '/', headers, body }),
  )
  const response = await fetch(`${world.endpoint}/`, { method: 'POST', headers: signed.headers, body })
  const text = await response.text()
  if (response.status === 200) return 'Allow'
  const code = /<Code>([^<]*)/.exec(text)?.[1] ?? text
  return code === 'AccessDenied' ? 'Deny' : code
}

test(`${TUPLES} tuples are answered alike by simulations and by real calls`, { timeout: 1_800_000 }, async () => {
  const counts = new Map<string, number>()
  const foreseen = new Map<string, number>()
  const tuples = fc.sample(tupleOf, { numRuns: TUPLES, seed: Number(process.env['UNDERSTUDY_SEED'] ?? 20_260_911) })
  for (const [index, tuple] of tuples.entries()) {
    await put(tuple, false)
    const given = await simulated(tuple, {
      identity: tuple.identity,
      trust: trustText(tuple),
      ...(tuple.boundary === undefined ? {} : { boundary: tuple.boundary }),
      ...(tuple.scp === undefined ? {} : { scp: tuple.scp.map((text) => [text]) }),
      ...(tuple.rcp === undefined ? {} : { rcp: [[tuple.rcp]] }),
    })
    await put(tuple, true)
    const stored = await simulated(tuple, {})
    const answer = await live(tuple)
    const shown = `tuple ${index}: ${JSON.stringify(tuple)}`
    assert.equal(answerOf(stored), answer, shown)
    assert.equal(answerOf(given), answer, shown)
    counts.set(answer, (counts.get(answer) ?? 0) + 1)
    const before = await settled(tuple)
    if (before === undefined) continue
    assert.equal(before, answer, `can: ${shown}`)
    foreseen.set(before, (foreseen.get(before) ?? 0) + 1)
  }
  assert.deepEqual(world.logged, [])
  // A comparison of refusals alone would prove little.
  for (const answer of ['Allow', 'Deny']) assert.ok((counts.get(answer) ?? 0) > TUPLES / 6, JSON.stringify([...counts]))
  for (const answer of ['Allow', 'Deny'])
    assert.ok((foreseen.get(answer) ?? 0) > TUPLES / 50, JSON.stringify([...foreseen]))
})
