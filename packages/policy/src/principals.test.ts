/** Which grant classes a Principal element gives to whom, and whom NotPrincipal leaves out: one line a case. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readJson } from './language/json.ts'
import { compilePrincipal, DIRECT, GRANT, grantOf, isExempt, LIMITED } from './principals.ts'
import type { Principal } from './types.ts'

const A = '111122223333'
const root: Principal = { kind: 'root', accountId: A, arn: `arn:aws:iam::${A}:root` }
const alice: Principal = { kind: 'user', accountId: A, arn: `arn:aws:iam::${A}:user/alice`, userId: 'AIDAALICE' }
const session: Principal = {
  kind: 'role-session',
  accountId: A,
  arn: `arn:aws:sts::${A}:assumed-role/app/s1`,
  userId: 'AROAAPP:s1:x',
  roleArn: `arn:aws:iam::${A}:role/path/app`,
}
const carol: Principal = {
  kind: 'federated-user',
  accountId: A,
  arn: `arn:aws:sts::${A}:federated-user/carol`,
  userId: `${A}:carol`,
  issuerArn: alice.arn,
}
const web: Principal = {
  kind: 'web-identity',
  provider: 'token.example',
  providerArn: `arn:aws:iam::${A}:oidc-provider/token.example`,
}
const google: Principal = { kind: 'web-identity', provider: 'accounts.google.com' }
const saml: Principal = { kind: 'saml', providerArn: `arn:aws:iam::${A}:saml-provider/corp` }
const lambda: Principal = { kind: 'service', name: 'lambda.amazonaws.com' }
const nobody: Principal = { kind: 'anonymous' }

const compiled = (value: unknown, not = false) => {
  const read = readJson(JSON.stringify(value))
  assert.ok(read.ok)
  return compilePrincipal(read.root, not)
}

const { account, role, issuer, user, federatedUser, any, service, provider } = GRANT
const grants: readonly [element: unknown, who: Principal, want: number][] = [
  ['*', nobody, any],
  ['*', alice, any],
  ['*', lambda, any],
  ['*', web, any],
  [{ AWS: '*' }, alice, any],
  [{ Service: '*' }, lambda, 0],
  [{ AWS: [] }, alice, 0],
  [{ AWS: 5 }, alice, 0],
  [{ AWS: [5, A] }, alice, account],
  [5, alice, 0],
  [true, alice, 0],
  [Number(A), alice, 0],
  [{ AWS: [Number(A)] }, alice, 0],
  [{ AWS: A }, alice, account],
  [{ AWS: A }, root, account],
  [{ AWS: A }, nobody, 0],
  [{ AWS: A }, lambda, 0],
  [{ AWS: '444455556666' }, alice, 0],
  [{ AWS: root.arn }, alice, account],
  [{ AWS: root.arn }, session, account],
  [{ AWS: `arn:aws-cn:iam::${A}:root` }, session, account],
  [{ AWS: `arn:aws:iam::${A}:rooty` }, alice, 0],
  [{ AWS: alice.arn }, alice, user],
  [{ AWS: 'AIDAALICE' }, alice, user],
  [{ AWS: alice.arn }, root, 0],
  [{ AWS: [A, alice.arn, '*'] }, alice, account | user | any],
  [{ AWS: session.roleArn }, session, role],
  [{ AWS: 'AROAAPP' }, session, role],
  [{ AWS: session.arn }, session, GRANT.session],
  [{ AWS: [session.arn, session.roleArn] }, session, GRANT.session | role],
  [{ AWS: `arn:aws:iam::${A}:role/app` }, session, 0],
  [{ AWS: carol.arn }, carol, federatedUser],
  [{ AWS: alice.arn }, carol, issuer],
  [{ AWS: [carol.arn, alice.arn] }, carol, federatedUser | issuer],
  [{ Service: ['ec2.amazonaws.com', 'lambda.amazonaws.com'] }, lambda, service],
  [{ Service: 'ec2.amazonaws.com' }, lambda, 0],
  [{ AWS: 'lambda.amazonaws.com' }, lambda, 0],
  [{ Federated: web.providerArn }, web, provider],
  [{ Federated: 'token.example' }, web, 0],
  [{ Federated: 'accounts.google.com' }, google, provider],
  [{ Federated: 'accounts.google.com' }, web, 0],
  [{ Federated: saml.providerArn }, saml, provider],
  [{ Federated: saml.providerArn }, web, 0],
  [{ Canonical: 'abc' }, alice, 0],
]

test('grant classes', () => {
  for (const [element, who, want] of grants) {
    assert.equal(grantOf(compiled(element), who), want, `${JSON.stringify(element)} ${who.kind}`)
  }
})

test('classes are apart, and so are what they open', () => {
  const bits = Object.values(GRANT)
  assert.equal(new Set(bits).size, bits.length)
  assert.equal(
    bits.reduce((sum: number, bit) => sum | bit, 0),
    511,
  )
  assert.ok(bits.every((bit) => (bit & (bit - 1)) === 0))
  assert.equal(DIRECT, user | GRANT.session | federatedUser | any)
  assert.equal(LIMITED, role | issuer)
})

const exempt: readonly [element: unknown, who: Principal, want: boolean][] = [
  [{ AWS: alice.arn }, alice, false],
  [{ AWS: [A, alice.arn] }, alice, true],
  [{ AWS: A }, alice, false],
  [{ AWS: A }, root, true],
  [{ AWS: '444455556666' }, root, false],
  [{ AWS: [A, session.roleArn] }, session, false],
  [{ AWS: [A, session.arn] }, session, false],
  [{ AWS: [A, session.roleArn, session.arn] }, session, true],
  [{ AWS: [session.roleArn, session.arn] }, session, false],
  [{ AWS: '*' }, nobody, false],
  [{ AWS: [A, carol.arn, alice.arn] }, carol, true],
  [{ AWS: [A, carol.arn] }, carol, false],
  [{ AWS: [A, alice.arn] }, carol, false],
  [{ AWS: [carol.arn, alice.arn] }, carol, false],
  [{ Service: 'lambda.amazonaws.com' }, lambda, true],
  [{ Service: 'ec2.amazonaws.com' }, lambda, false],
  [{ Federated: saml.providerArn }, saml, true],
  [{ Federated: web.providerArn }, saml, false],
  [{ Federated: web.providerArn }, web, true],
]

test('who is left out of NotPrincipal', () => {
  for (const [element, who, want] of exempt) {
    assert.equal(isExempt(compiled(element, true), who), want, `${JSON.stringify(element)} ${who.kind}`)
  }
  assert.equal(compiled('*', true).not, true)
})
