/** Trust policies for issuers that everybody can get tokens of: native/oidc/trust-controls, through CreateRole. */
import assert from 'node:assert/strict'
import { checkTrustPolicy } from './documents.ts'
import { HOME, worldTest } from './testing/world.ts'

const GITHUB = 'token.actions.githubusercontent.com'
const arn = (issuer: string) => `arn:aws:iam::${HOME}:oidc-provider/${issuer}`
const trust = (issuer: string, condition?: object, more: object = {}) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: issuer.includes('accounts.google') ? issuer : arn(issuer) },
        Action: 'sts:AssumeRoleWithWebIdentity',
        ...(condition === undefined ? {} : { Condition: condition }),
        ...more,
      },
    ],
  })
const equals = (key: string, value: unknown, operator = 'StringEquals') => ({ [operator]: { [key]: value } })
const missing = (principal: string, claims: string) =>
  `MalformedPolicyDocument: Trust policy with trusted principal ${principal} must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, ${claims} which is not scoped to all.`
const github = missing(arn(GITHUB), `${GITHUB}:sub or ${GITHUB}:job_workflow_ref`)

const cases: readonly (readonly [why: string, policy: string, outcome: string])[] = [
  ['no test', trust(GITHUB), github],
  ['only the audience', trust(GITHUB, equals(`${GITHUB}:aud`, 'sts.amazonaws.com')), github],
  ['the subject', trust(GITHUB, equals(`${GITHUB}:sub`, 'repo:o/r:*', 'StringLike')), 'ok'],
  ['the reusable workflow', trust(GITHUB, equals(`${GITHUB}:job_workflow_ref`, 'o/r/x@main')), 'ok'],
  ['everything', trust(GITHUB, equals(`${GITHUB}:sub`, '*', 'StringLike')), github],
  ['IfExists', trust(GITHUB, equals(`${GITHUB}:sub`, 'repo:o/r', 'StringEqualsIfExists')), github],
  ['a negated test', trust(GITHUB, equals(`${GITHUB}:sub`, 'repo:o/r', 'StringNotEquals')), github],
  ['GitLab', trust('gitlab.com'), missing('gitlab.com', 'gitlab.com:sub')],
  ['a path below GitLab', trust('gitlab.com/private'), 'ok'],
  ['an issuer of one company', trust('issuer.example'), 'ok'],
  ['a denial', trust(GITHUB, undefined, { Effect: 'Deny' }), 'ok'],
  ['tags only', trust(GITHUB, undefined, { Action: 'sts:TagSession' }), 'ok'],
  [
    'Google without an application',
    trust('accounts.google.com'),
    'MalformedPolicyDocument: Policy trusting accounts.google.com requires a StringEquals condition on an application id',
  ],
]
for (const [why, policy, outcome] of cases)
  worldTest(`a shared issuer: ${why}`, async (world) => {
    const create = (RoleName: string, AssumeRolePolicyDocument: string) =>
      world.outcome('CreateRole', { RoleName, AssumeRolePolicyDocument })
    assert.equal(await create('shared', policy), outcome)
    assert.equal(await create('later', trust('issuer.example')), 'ok')
    const update = await world.outcome('UpdateAssumeRolePolicy', { RoleName: 'later', PolicyDocument: policy })
    assert.equal(update, outcome)
  })

worldTest('why says what is missing', async (world) => {
  const input = { RoleName: 'shared', AssumeRolePolicyDocument: trust(GITHUB) }
  await assert.rejects(
    world.run('CreateRole', input),
    (error: { readonly options: { readonly diagnosis?: string } }) => {
      assert.equal(error.options.diagnosis, 'OIDC.IDP_CONTROL_REQUIRED')
      return true
    },
  )
})

worldTest('the leniency lets them pass', async (world) => {
  const lenient = { ...world.call.platform, leniencies: new Set(['--shared-issuers-unchecked']) }
  const check = (call: typeof world.call) => world.store.read((reader) => checkTrustPolicy(trust(GITHUB), call, reader))
  assert.deepEqual(await check({ ...world.call, platform: lenient }), {})
  await assert.rejects(check(world.call), { code: 'MalformedPolicyDocument' })
})
