/** Rows of the diagnosis catalogue about web identities and MFA that no other test of this folder triggers: code and words. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EnableMFADeviceCommand } from '@aws-sdk/client-iam'
import { outcome } from '../iam/client.ts'
import { lastExplanation } from '../support/diagnosis.ts'
import { MANAGER, openUnion, policyOf } from '../sts/organization.ts'
import { NO_PAIR, WRONG, admin, device, freshPeriod, holder, login, person, step, world } from './mfa-stage.ts'
import { openStage, trusting } from './stage.ts'
import { jwks, rsaKey, signed } from './tokens.ts'
import type { Members } from './tokens.ts'

const ISSUER = 'https://issuer.example.test'
const key = rsaKey('k')

async function told(of: Parameters<typeof lastExplanation>[0], code: string, words: RegExp): Promise<void> {
  const explained = await lastExplanation(of)
  assert.equal(explained?.code, code)
  assert.match([explained.note, explained.refusal?.explanation].filter(Boolean).join('\n'), words)
}

const tokens: readonly (readonly [code: string, claims: Members, parameters: Record<string, string>, words: RegExp])[] =
  [
    ['OIDC.PROVIDER_ID', {}, { ProviderId: 'graph.facebook.com' }, /leave it out with a JWT/],
    ['OIDC.PROVIDER_ID', {}, { ProviderId: 'another' }, /leave it out with a JWT/],
    [
      'OIDC.TAGS_CLAIM',
      { 'https://aws.amazon.com/tags': { principal_tags: { team: 'blue' } } },
      {},
      /team|principal_tags/,
    ],
    [
      'OIDC.ROLES_CLAIM',
      { 'https://aws.amazon.com/roles': ['arn:aws:iam::111122223333:role/other'] },
      {},
      /role\/other/,
    ],
    ['OIDC.ROLES_CLAIM', { 'https://aws.amazon.com/roles': 5 }, {}, /It is 5/],
    ['OIDC.CLAIM_MISSING', { sub: undefined }, {}, /sub/],
  ]

for (const [code, change, parameters, words] of tokens)
  test(`${code} ${JSON.stringify({ ...change, ...parameters })}`, async (context) => {
    const stage = await openStage(context)
    const provider = await stage.provider({ issuer: ISSUER, clientIds: ['client'], jwks: jwks(key) })
    const RoleArn = await stage.role({ name: 'probe', trust: [trusting(provider)] })
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: ISSUER, aud: 'client', sub: 's', iat: now, exp: now + 600, ...change }
    const WebIdentityToken = signed({ alg: 'RS256', kid: 'k' }, claims, key.privateKey)
    assert.notEqual((await stage.call({ RoleArn, WebIdentityToken, ...parameters })).status, 200)
    await told(stage.world, code, words)
  })

test('OIDC.IDP_CONTROL_REQUIRED', async (context) => {
  const union = await openUnion(context)
  const Federated = `arn:aws:iam::${MANAGER}:oidc-provider/token.actions.githubusercontent.com`
  const trust = policyOf({ Effect: 'Allow', Principal: { Federated }, Action: 'sts:AssumeRoleWithWebIdentity' })
  const refused = await union.iam(union.manager, 'CreateRole', {
    RoleName: 'Open',
    AssumeRolePolicyDocument: JSON.stringify(trust),
  })
  assert.equal(refused.code, 'MalformedPolicyDocument')
  await told(union.world, 'OIDC.IDP_CONTROL_REQUIRED', /must test the claim that tells its tenants apart/)
})

test('MFA.WRONG_CODE says how many tries are left', async () => {
  freshPeriod()
  const { who, phone } = await holder()
  assert.equal(await login(who, phone, phone.code(step() - 100)), WRONG)
  await told(world, 'MFA.WRONG_CODE', /Tries left in these three minutes: 8/)
})

test('MFA.PAIR_REFUSED', async () => {
  freshPeriod()
  const who = await person()
  const phone = await device()
  const pair = new EnableMFADeviceCommand({
    UserName: who.name,
    SerialNumber: phone.serial,
    AuthenticationCode1: phone.code(step()),
    AuthenticationCode2: phone.code(step()),
  })
  assert.equal(await outcome(admin.send(pair)), NO_PAIR)
  await told(world, 'MFA.PAIR_REFUSED', /one after the other, the earlier one first/)
})
