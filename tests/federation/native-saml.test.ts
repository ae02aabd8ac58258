/**
 * What AWS answered to SAML assertions in September 2026, asked of a server inside this process. Each record holds, or stands
 * in DIVERGENCES with its reason. Read from beside the checkout; skipped by name where it is not there.
 */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  CreateRoleCommand,
  CreateSAMLProviderCommand,
  DeleteSAMLProviderCommand,
  GetSAMLProviderCommand,
  IAMClient,
  UpdateSAMLProviderCommand,
} from '@aws-sdk/client-iam'
import { outcome } from '../iam/client.ts'
import { everyRecord } from '../sts/native-records.ts'
import { encryptedResponse } from './saml-encryption.ts'
import { responseXml, testIdp, toBase64 } from './saml-provider.ts'
import type { Bend } from './saml-provider.ts'
import { ACCOUNT, openStage } from './stage.ts'
import type { Stage, StsAnswer } from './stage.ts'

const FILE = fileURLToPath(new URL('../../../shared/recordings/native-sts.json', import.meta.url))

interface Answer {
  readonly ok?: boolean
  readonly code?: string
  readonly message?: string
  readonly lifetime?: number
  readonly second?: Answer
  readonly [member: string]: unknown
}
interface NativeRecord {
  readonly id: string
  readonly given: { readonly trust?: object; readonly attributes?: Bend['attributes'] } | string
  readonly call: string
  readonly answer: Answer
}

const records: readonly NativeRecord[] = existsSync(FILE)
  ? (JSON.parse(readFileSync(FILE, 'utf8')) as { readonly records: readonly NativeRecord[] }).records.filter(({ id }) =>
      id.startsWith('native/saml/'),
    )
  : []
const skip = records.length === 0 ? 'the recordings are not beside this checkout' : false

const PROVIDER = `arn:aws:iam::${ACCOUNT}:saml-provider/idp`
const ROLE = `arn:aws:iam::${ACCOUNT}:role/saml`
const idp = testIdp()
const rsa = (bits = 2048) => generateKeyPairSync('rsa', { modulusLength: bits })
const decryption = rsa()
const pkcs8 = (key: ReturnType<typeof rsa>) => key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

const iso = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()
const cut = (pattern: RegExp) => (xml: string) => {
  assert.match(xml, pattern)
  return xml.replace(pattern, '')
}
const put = (pattern: RegExp, text: string) => (xml: string) => {
  assert.match(xml, pattern)
  return xml.replace(pattern, text)
}
const CONDITIONS_END = /(<saml:Conditions NotBefore="[^"]*") NotOnOrAfter="[^"]*"/
const SUBJECT_END = / NotOnOrAfter="[^"]*"(?=\/><\/saml:SubjectConfirmation>)/

/** What each record of an assertion bends, by the end of its id. */
const BENDS: ReadonlyMap<string, () => Bend> = new Map<string, () => Bend>([
  ['signature/assertion-signed', () => ({})],
  ['signature/response-signed', () => ({ sign: ['response'] })],
  ['signature/both-signed', () => ({ sign: ['assertion', 'response'] })],
  ['signature/unsigned', () => ({ sign: [] })],
  ['signature/tampered-subject', () => ({ after: put(/subject-123/, 'subject-999') })],
  [
    'signature/response-signature-broken',
    () => ({
      sign: ['assertion', 'response'],
      after: put(/(?<=<ds:SignatureValue>)[^<]*/, Buffer.alloc(256).toString('base64')),
    }),
  ],
  [
    'signature/response-issuer-differs',
    () => ({ before: put(/https:\/\/idp\.example\.test/, 'https://other.example.test') }),
  ],
  ['audience/other-audience', () => ({ facts: { audience: 'urn:unrelated:application' } })],
  [
    'audience/no-audience-restriction',
    () => ({ before: cut(/<saml:AudienceRestriction>.*<\/saml:AudienceRestriction>/) }),
  ],
  ['audience/no-conditions', () => ({ before: cut(/<saml:Conditions .*<\/saml:Conditions>/) })],
  ['recipient/other-host', () => ({ facts: { recipient: 'https://unrelated.example.test/saml' } })],
  [
    'recipient/acs-path',
    () => ({ facts: { recipient: 'https://us-east-1.signin.aws.amazon.com/saml/acs/<SAMLProviderUUID>' } }),
  ],
  ['recipient/no-url', () => ({ facts: { recipient: 'not-a-url' } })],
  ['recipient/missing', () => ({ before: cut(/ Recipient="[^"]*"/) })],
  ['times/no-subject-end', () => ({ before: cut(SUBJECT_END) })],
  ['times/conditions-expired', () => ({ before: put(CONDITIONS_END, `$1 NotOnOrAfter="${iso(-60)}"`) })],
  ['times/subject-expired', () => ({ before: put(SUBJECT_END, ` NotOnOrAfter="${iso(-60)}"`) })],
  ['times/session-over', () => ({ facts: { sessionSeconds: -60 } })],
  ['times/conditions-begin-in-a-day', () => ({ before: put(/(?<=<saml:Conditions NotBefore=")[^"]*/, iso(86_400)) })],
  ['times/not-before-malformed', () => ({ before: put(/(?<=<saml:Conditions NotBefore=")[^"]*/, 'invalid') })],
  ['times/subject-begins-in-a-day', () => ({ before: put(SUBJECT_END, ` NotBefore="${iso(86_400)}"$&`) })],
  ['times/no-conditions-end', () => ({ before: put(CONDITIONS_END, '$1') })],
  ['lifetime/session-not-on-or-after', () => ({ facts: { sessionSeconds: 600 } })],
  ['lifetime/session-duration-shorter', () => ({ attributes: { SessionDuration: '900' } })],
  ['lifetime/session-duration-longer', () => ({ attributes: { SessionDuration: '7200' } })],
  ['lifetime/duration-seconds', () => ({})],
  ['role/pair-reversed', () => ({ attributes: { Role: `${PROVIDER},${ROLE}` } })],
  ['role/other-role', () => ({ attributes: { Role: `arn:aws:iam::${ACCOUNT}:role/other,${PROVIDER}` } })],
  ['subject/email-format', () => ({ facts: { format: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress' } })],
  ['subject/any-format', () => ({ facts: { format: 'custom-format' } })],
  ['subject/no-format', () => ({ before: cut(/(?<=<saml:NameID) Format="[^"]*"/) })],
  [
    'subject/two-confirmations',
    () => ({ before: put(/<saml:SubjectConfirmation .*<\/saml:SubjectConfirmation>/, '$&$&') }),
  ],
  ['subject/no-authn-statement', () => ({ before: cut(/<saml:AuthnStatement .*<\/saml:AuthnStatement>/) })],
  ['reuse/one-time-use', () => ({ before: put(/(?=<\/saml:Conditions>)/, '<saml:OneTimeUse/>') })],
  ['reuse/proxy-restriction', () => ({ before: put(/(?=<\/saml:Conditions>)/, '<saml:ProxyRestriction Count="0"/>') })],
  ['reuse/same-id', () => ({})],
  ['reuse/certificate-expired', () => ({})],
  [
    'tags/source-identity-and-tags',
    () => ({
      attributes: { SourceIdentity: 'source-123', 'PrincipalTag:team': 'engineering', TransitiveTagKeys: 'team' },
    }),
  ],
])

interface Scene {
  readonly stage: Stage
  readonly iam: IAMClient
}

async function scene(context: Parameters<typeof openStage>[0], trust: object = wholeTrust): Promise<Scene> {
  const stage = await openStage(context)
  const keys = await stage.world.account('111122223333')
  const iam = new IAMClient({ endpoint: stage.world.endpoint, region: 'us-east-1', maxAttempts: 1, credentials: keys })
  context.after(() => iam.destroy())
  await iam.send(
    new CreateSAMLProviderCommand({
      Name: 'idp',
      SAMLMetadataDocument: idp.metadata,
      AddPrivateKey: pkcs8(decryption),
    }),
  )
  await stage.role({ name: 'saml', trust: [trust], maxSessionSeconds: 14_400 })
  return { stage, iam }
}

const wholeTrust = {
  Effect: 'Allow',
  Principal: { Federated: PROVIDER },
  Action: ['sts:AssumeRoleWithSAML', 'sts:TagSession', 'sts:SetSourceIdentity'],
}

const assume = (stage: Stage, SAMLAssertion: string, more: Readonly<Record<string, string>> = {}) =>
  stage.call({ Action: 'AssumeRoleWithSAML', RoleArn: ROLE, PrincipalArn: PROVIDER, SAMLAssertion, ...more })

const signedBy = (by: typeof idp, bend?: Bend) => toBase64(responseXml(by, [ROLE, PROVIDER], bend))

function holds(got: StsAnswer, want: Answer): void {
  if (want.ok !== true) {
    const message = (want.message ?? '').replace('<request-id>', got.requestId)
    assert.deepEqual({ code: got.code, message: got.message }, { code: want.code, message })
    return
  }
  assert.equal(got.code, undefined, got.message ?? '')
  for (const name of ['Audience', 'Subject', 'SubjectType', 'SourceIdentity'])
    if (want[name] !== undefined) assert.equal(got.element(name), want[name], name)
  if (want.lifetime === undefined) return
  const lifetime = (Date.parse(got.element('Expiration') ?? '') - Date.now()) / 1000
  assert.ok(Math.abs(lifetime - want.lifetime) <= 3, `lifetime ${lifetime}, wanted ${want.lifetime}`)
}

const tail = (id: string) => id.slice('native/saml/'.length)
const ofGroup = (...groups: readonly string[]) =>
  records.filter(({ id }) => groups.includes(tail(id).split('/')[0] ?? ''))

for (const record of records.filter(({ id }) => BENDS.has(tail(id))))
  test(record.id, { skip }, async (context) => {
    const { stage } = await scene(context)
    const assertion = signedBy(idp, BENDS.get(tail(record.id))?.())
    const more = tail(record.id) === 'lifetime/duration-seconds' ? { DurationSeconds: '7200' } : undefined
    holds(await assume(stage, assertion, more), record.answer.second ? { ok: true } : record.answer)
    if (record.answer.second) holds(await assume(stage, assertion), record.answer.second)
  })

for (const record of ofGroup('trust-principal', 'trust-keys', 'trust-userid'))
  test(record.id, { skip }, async (context) => {
    const given = typeof record.given === 'string' ? {} : record.given
    const trust = JSON.parse(
      JSON.stringify(given.trust).replaceAll('<provider arn>', PROVIDER).replaceAll('<account>', ACCOUNT),
    ) as object
    const { stage, iam } = await scene(context, trust)
    if (record.call !== 'CreateRole') {
      holds(await assume(stage, signedBy(idp)), record.answer)
      return
    }
    const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: trust })
    const made = await outcome(iam.send(new CreateRoleCommand({ RoleName: 'another', AssumeRolePolicyDocument })))
    assert.equal(made, `${record.answer.code}: ${record.answer.message}`)
  })

for (const record of ofGroup('provider-recreated'))
  test(record.id, { skip }, async (context) => {
    const { stage, iam } = await scene(context)
    const next = testIdp()
    await iam.send(new DeleteSAMLProviderCommand({ SAMLProviderArn: PROVIDER }))
    await iam.send(new CreateSAMLProviderCommand({ Name: 'idp', SAMLMetadataDocument: next.metadata }))
    holds(await assume(stage, signedBy(tail(record.id).endsWith('new-key') ? next : idp)), record.answer)
  })

for (const record of ofGroup('encryption-required'))
  test(record.id, { skip }, async (context) => {
    const { stage, iam } = await scene(context)
    await iam.send(new UpdateSAMLProviderCommand({ SAMLProviderArn: PROVIDER, AssertionEncryptionMode: 'Required' }))
    const recipient =
      typeof record.answer['Audience'] === 'string' ? record.answer['Audience'] : 'https://signin.aws.amazon.com/saml'
    const xml = responseXml(idp, [ROLE, PROVIDER], { facts: { recipient } })
    const isPlain = tail(record.id).endsWith('/plain')
    holds(await assume(stage, toBase64(isPlain ? xml : encryptedResponse(xml, decryption.publicKey))), record.answer)
  })

test('native/saml/provider', { skip }, async (context) => {
  const stage = await openStage(context)
  const keys = await stage.world.account('111122223333')
  const iam = new IAMClient({ endpoint: stage.world.endpoint, region: 'us-east-1', maxAttempts: 1, credentials: keys })
  context.after(() => iam.destroy())
  const wanted = new Map(ofGroup('provider').map(({ id, answer }) => [tail(id), answer]))
  const refusal = (name: string) =>
    `${wanted.get(`provider/${name}`)?.code}: ${wanted.get(`provider/${name}`)?.message}`
  const Tags = [
    { Key: 'z', Value: 'z' },
    { Key: 'A', Value: 'a' },
  ]
  const made = await iam.send(new CreateSAMLProviderCommand({ Name: 'idp', SAMLMetadataDocument: idp.metadata, Tags }))
  assert.deepEqual(made.Tags, Tags)
  const update = (more: object) =>
    outcome(iam.send(new UpdateSAMLProviderCommand({ SAMLProviderArn: PROVIDER, ...more })))
  const get = () => iam.send(new GetSAMLProviderCommand({ SAMLProviderArn: PROVIDER }))
  const got = await get()
  assert.match(got.SAMLProviderUUID ?? '', /^SAMLSP[0-9A-Z]{16}$/)
  assert.equal(got.ValidUntil?.getUTCFullYear(), (got.CreateDate?.getUTCFullYear() ?? 0) + 100)
  assert.deepEqual(got.Tags, Tags.toReversed())
  assert.equal(got.AssertionEncryptionMode, 'Allowed')
  assert.deepEqual(got.PrivateKeyList, [])
  assert.equal(await update({}), refusal('update-nothing'))
  assert.equal(await update({ AssertionEncryptionMode: 'Required' }), refusal('required-without-key'))
  const AddPrivateKey = pkcs8(decryption)
  assert.equal(await update({ AddPrivateKey }), 'ok')
  assert.equal(await update({ AddPrivateKey }), 'ok')
  const [first, second] = (await get()).PrivateKeyList ?? []
  assert.match(first?.KeyId ?? '', /^SAMLPK[0-9A-Z]{16}$/)
  assert.ok(second && second.KeyId !== first?.KeyId)
  assert.equal(await update({ AddPrivateKey }), refusal('add-third-key'))
  assert.equal(await update({ AddPrivateKey, RemovePrivateKey: first?.KeyId }), refusal('add-and-remove'))
  assert.equal(await update({ AssertionEncryptionMode: 'Required' }), 'ok')
  assert.equal(await update({ RemovePrivateKey: first?.KeyId }), 'ok')
  assert.equal(await update({ RemovePrivateKey: second.KeyId }), refusal('remove-last-while-required'))
  const kinds = [
    pkcs8(decryption),
    decryption.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    pkcs8(rsa(1024)),
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  ]
  for (const [index, kind] of kinds.entries())
    await iam.send(
      new CreateSAMLProviderCommand({ Name: `kind-${index}`, SAMLMetadataDocument: idp.metadata, AddPrivateKey: kind }),
    )
})

everyRecord('native/saml/', [
  ...ofGroup(
    'trust-principal',
    'trust-keys',
    'trust-userid',
    'provider-recreated',
    'encryption-required',
    'provider',
  ).map(({ id }) => id),
  ...[...BENDS.keys()].map((id) => `native/saml/${id}`),
])
