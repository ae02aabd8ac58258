/**
 * What AWS answered to web identities in September 2026, asked of a server inside this process. Each record holds, or stands
 * in DIVERGENCES with its reason. Read from beside the checkout; skipped by name where it is not there.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { everyRecord } from '../sts/native-records.ts'
import { certificate } from './certificates.ts'
import { ACCOUNT, openStage, trusting } from './stage.ts'
import type { Stage, StsAnswer } from './stage.ts'
import { ecKey, jwks, rsaKey, signed } from './tokens.ts'
import type { Members, TestKey } from './tokens.ts'

const FILE = fileURLToPath(new URL('../../../shared/recordings/native-sts.json', import.meta.url))

interface Answer {
  readonly ok?: boolean
  readonly code?: string
  readonly message?: string
  readonly [member: string]: unknown
}
interface NativeRecord {
  readonly id: string
  readonly given: Members | string
  readonly call: string
  readonly answer: Answer
}

const records: readonly NativeRecord[] = existsSync(FILE)
  ? (JSON.parse(readFileSync(FILE, 'utf8')) as { readonly records: readonly NativeRecord[] }).records.filter(
      ({ id, call }) => id.startsWith('native/oidc/') && call === 'AssumeRoleWithWebIdentity',
    )
  : []
const skip = records.length === 0 ? 'the recordings are not beside this checkout' : false

/** Where ours differs from AWS, and why. */
const DIVERGENCES: ReadonlyMap<string, string> = new Map([
  ['native/oidc/propagation/role-just-created', 'ours is consistent: a new role can be assumed at once'],
])

const HOST = 'issuer.example.test'
const ISSUER = `https://${HOST}`
const rsa = rsaKey('RS256')
const spare = rsaKey('spare')
const ec = ecKey('ES256')
/** The base: one RSA key under three names, and a key of each curve. */
const BASE_KEYS = jwks(
  ...['RS256', 'RS384', 'RS512'].map((kid) => ({ ...rsa.jwk, kid })),
  ec,
  ecKey('ES384', 'ES384'),
  ecKey('ES512', 'ES512'),
)

/** The sets that the jwks group tells in words. */
const KEY_SETS: ReadonlyMap<string, () => { readonly keys: string; readonly kid?: string; readonly signer?: TestKey }> =
  new Map([
    ['single', () => ({ keys: jwks(rsa), kid: 'RS256' })],
    ['single-no-header-kid', () => ({ keys: jwks(rsa) })],
    ['no-jwk-kid', () => ({ keys: jwks({ ...rsa.jwk, kid: undefined }) })],
    ['other-alg', () => ({ keys: jwks({ ...rsa.jwk, alg: 'RS512' }), kid: 'RS256' })],
    ['use-enc', () => ({ keys: jwks({ ...rsa.jwk, use: 'enc' }), kid: 'RS256' })],
    ['key-ops-sign', () => ({ keys: jwks({ ...rsa.jwk, key_ops: ['sign'] }), kid: 'RS256' })],
    ['key-ops-verify', () => ({ keys: jwks({ ...rsa.jwk, key_ops: ['verify'] }), kid: 'RS256' })],
    ['same-kid-identical', () => ({ keys: jwks(rsa, rsa), kid: 'RS256' })],
    ['same-kid-wrong-first', () => ({ keys: jwks({ ...spare.jwk, kid: 'RS256' }, rsa), kid: 'RS256' })],
    ['same-kid-wrong-last', () => ({ keys: jwks(rsa, { ...spare.jwk, kid: 'RS256' }), kid: 'RS256' })],
    ['x5c-matching', () => ({ keys: jwks({ ...rsa.jwk, x5c: [chainOf(rsa)] }), kid: 'RS256' })],
    ['x5c-only', () => ({ keys: jwks({ kty: 'RSA', kid: 'RS256', x5c: [chainOf(rsa)] }), kid: 'RS256' })],
    ['x5c-conflict', () => ({ keys: jwks({ ...spare.jwk, kid: 'RS256', x5c: [chainOf(rsa)] }), kid: 'RS256' })],
    ['101-rsa-keys', () => ({ keys: crowd(), kid: 'RS256' })],
    ['101-rsa-keys-ec-token', () => ({ keys: crowd(), kid: 'ES256', signer: ec })],
  ])
const crowd = (): string =>
  jwks(...Array.from({ length: 100 }, (_, index) => ({ ...spare.jwk, kid: `extra-${index}` })), rsa, ec)
const chainOf = ({ privateKey }: TestKey): string => certificate({ subject: 'key', key: privateKey }).toString('base64')

interface Expected {
  readonly now: number
  readonly claims: Members
  readonly answer: Answer
  readonly arns: Readonly<Record<string, string>>
}

for (const record of records)
  test(record.id, { skip }, async (context) => {
    const reason = DIVERGENCES.get(record.id)
    if (reason !== undefined) return context.diagnostic(`divergence: ${reason}`)
    await replay(record, await openStage(context))
  })

// The records of native/oidc/provider and native/oidc/trust-controls are in native-oidc-iam.test.ts.
const asked = (group: string) => records.map(({ id }) => id).filter((id) => id.startsWith(`native/oidc/${group}/`))
everyRecord('native/oidc/audience/', asked('audience'))
everyRecord('native/oidc/duplicates/', asked('duplicates'))
everyRecord('native/oidc/header/', asked('header'))
everyRecord('native/oidc/jwks/', asked('jwks'))
everyRecord('native/oidc/lifetime/', asked('lifetime'))
everyRecord('native/oidc/propagation/', asked('propagation'))
everyRecord('native/oidc/provider-id/', asked('provider-id'))
everyRecord('native/oidc/required-claims/', asked('required-claims'))
everyRecord('native/oidc/roles-claim/', asked('roles-claim'))
everyRecord('native/oidc/subject/', asked('subject'))
everyRecord('native/oidc/tags/', asked('tags'))
everyRecord('native/oidc/times/', asked('times'))

async function replay(record: NativeRecord, stage: Stage): Promise<void> {
  const name = record.id.split('/').at(-1) ?? ''
  const isKeySet = record.id.includes('/jwks/')
  const set = isKeySet ? KEY_SETS.get(name)?.() : { keys: BASE_KEYS, kid: 'RS256' }
  assert.ok(set, `no key set for ${record.id}`)
  const provider = await stage.provider({ issuer: ISSUER, clientIds: ['client-a', 'client-b'], jwks: set.keys })
  const role = await stage.role({ name: 'probe', trust: [trusting(provider)], maxSessionSeconds: 7200 })
  const arns = { '<provider arn>': provider, '<role arn>': role, '<other role arn>': `${role}-other` }
  const now = Math.floor(stage.world.core.clock.wire() / 1000)
  const given: Members = typeof record.given === 'string' ? {} : record.given
  const claims = claimsOf(given, now, arns)
  const signer = set.signer ?? rsa
  const header = (given['header'] as Members | undefined) ?? {
    alg: signer === ec ? 'ES256' : 'RS256',
    ...(set.kid === undefined ? {} : { kid: set.kid }),
  }
  const token = signed(header, doubled(record.given, claims), signer.privateKey)
  const answer = await stage.call({
    RoleArn: role,
    WebIdentityToken: token,
    ...(typeof given['ProviderId'] === 'string' ? { ProviderId: given['ProviderId'] } : {}),
    ...(typeof given['DurationSeconds'] === 'number' ? { DurationSeconds: String(given['DurationSeconds']) } : {}),
  })
  compare(answer, { now, claims, answer: record.answer, arns })
}

function claimsOf(given: Members, now: number, arns: Readonly<Record<string, string>>): Members {
  const base: Record<string, unknown> = {
    iss: ISSUER,
    aud: 'client-a',
    sub: 'subject-probe',
    iat: now - 10,
    exp: now + 900,
    ...(real(given['claims'] ?? {}, now, arns) as Members),
  }
  if (typeof given['without'] === 'string') delete base[given['without']]
  return base
}

/** Members that come twice cannot be said by an object. */
function doubled(given: NativeRecord['given'], claims: Members): Members | string {
  const second = typeof given === 'string' ? /second member (\S+)$/.exec(given)?.[1] : undefined
  return second === undefined ? claims : `${JSON.stringify(claims).slice(0, -1)},${second}}`
}

/** The stand-ins of the recordings, made real. */
function real(value: unknown, now: number, arns: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(value)) return value.map((item) => real(item, now, arns))
  if (typeof value === 'object' && value !== null) {
    const repeat = (value as Members)['$repeat'] as readonly [string, number] | undefined
    if (repeat) return repeat[0].repeat(repeat[1])
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, real(item, now, arns)]))
  }
  if (typeof value !== 'string') return value
  const time = /^('<)?NOW([+-][\d.]+)?/.exec(value)
  if (time) return time[1] === undefined ? now + Number(time[2] ?? 0) : String(now + Number(time[2] ?? 0))
  return Object.entries(arns).reduce((text, [stand, arn]) => text.replaceAll(stand, arn), value)
}

function compare(answer: StsAnswer, { now, claims, answer: wanted, arns }: Expected): void {
  if (wanted.code !== undefined) {
    assert.equal(answer.code, wanted.code, answer.body)
    const message = wanted.message
      ?.replace('<NOW-300>', String(now - 300))
      .replace('<NOW+300>', String(now + 300))
      .replace(/<(exp|iat|nbf)>/, (_, name: string) => String(claims[name]))
    // The clock of the server may be a second further than the test's.
    if (/current date\/time/.test(message ?? '')) assert.match(answer.message ?? '', nearly(message ?? ''))
    else assert.equal(answer.message, message)
    return
  }
  assert.equal(answer.status, 200, answer.body)
  for (const name of ['SubjectFromWebIdentityToken', 'Audience', 'Provider', 'PackedPolicySize', 'SourceIdentity'])
    if (wanted[name] !== undefined) assert.equal(answer.element(name), String(real(wanted[name], now, arns)), name)
  const lifetime = Date.parse(answer.element('Expiration') ?? '') / 1000 - now
  assert.ok(Math.abs(lifetime - Number(wanted['lifetime'])) <= 2, `it lives ${lifetime} seconds`)
  assert.match(answer.body, new RegExp(`assumed-role/probe/oidc-probe`))
  assert.ok(answer.body.includes(ACCOUNT))
}

const nearly = (message: string): RegExp =>
  new RegExp(
    `^${message.replace(/current date\/time (\d+)/, (_, time: string) => `current date/time (?:${time}|${Number(time) + 1})`)}$`,
  )
