import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { checkAssumeDuration, checkAssumeParameters, type AssumeRoleCall } from './assume-role.ts'
import { durationOf, type CallerCredentials, type StsCall } from './durations.ts'
import { packedPolicySize } from './packed-size.ts'
import { assumeQuestions } from './questions.ts'
import { judgeRolesClaim } from './roles-claim.ts'
import { sessionTags, type SessionTag } from './tags.ts'

const plain: AssumeRoleCall = {
  call: 'AssumeRole',
  caller: 'user',
  roleArn: 'arn:aws:iam::111122223333:role/app',
  roleSessionName: 'session',
  policyArns: [],
  tags: [],
  transitiveTagKeys: [],
  inherited: { tags: [] },
}
const tag = (key: string, value = '1'): SessionTag => ({ key, value })

const parameters: readonly [name: string, call: Partial<AssumeRoleCall>, want: RegExp | undefined][] = [
  ['a plain call', {}, undefined],
  ['a user ARN', { roleArn: 'arn:aws:iam::111122223333:user/app' }, /^arn:aws:iam::111122223333:user\/app is invalid$/],
  [
    'a colon in the session name',
    { roleSessionName: 'Session1:2' },
    /Value 'Session1:2' at 'roleSessionName' .* pattern: \[\\w\+=,\.@-\]\*$/,
  ],
  ['a session name of one letter', { roleSessionName: 'x' }, /greater than or equal to 2$/],
  ['a session name of 65', { roleSessionName: 'x'.repeat(65) }, /less than or equal to 64$/],
  ['an external id with a slash', { externalId: 'a/b:c' }, undefined],
  ['an external id with a blank', { externalId: 'a b' }, /'externalId'/],
  [
    'the source identity again',
    { sourceIdentity: 'Saanvi', inherited: { tags: [], sourceIdentity: 'Saanvi' } },
    undefined,
  ],
  [
    'another source identity',
    { sourceIdentity: 'Diego', inherited: { tags: [], sourceIdentity: 'Saanvi' } },
    /already set/,
  ],
  ['fifty tags', { tags: Array.from({ length: 50 }, (_none, index) => tag(`k${index}`)) }, undefined],
  [
    'fifty-one tags',
    { tags: Array.from({ length: 51 }, (_none, index) => tag(`k${index}`)) },
    /'tags' .* equal to 50$/,
  ],
  [
    'a bracket in a tag',
    { tags: [tag('a'), tag('Actor', 'dependabot[bot]')] },
    /'dependabot\[bot\]' at 'tags\.2\.member\.value'/,
  ],
  ['letters of any script in a tag', { tags: [tag('Straße', '部門')] }, undefined],
  [
    'an inherited key',
    { tags: [tag('sTAR')], inherited: { tags: [tag('Star')] } },
    /conflicts with a transitive tag key/,
  ],
  ['a transitive key in another case', { tags: [tag('Team')], transitiveTagKeys: ['team'] }, undefined],
  ['eleven managed policies', { policyArns: Array<string>(11).fill('arn:aws:iam::aws:policy/x') }, /'policyArns'/],
  ['policies above 2,048 together', { policy: 'x'.repeat(2030), policyArns: ['arn:aws:iam::aws:policy/x'] }, /2048/],
]
for (const [name, call, want] of parameters) {
  test(`parameters: ${name}`, () => {
    const message = checkAssumeParameters({ ...plain, ...call })?.message
    if (want === undefined) assert.equal(message, undefined)
    else assert.match(message ?? '', want)
  })
}

const durations: readonly [
  call: StsCall,
  caller: CallerCredentials,
  requested: number | undefined,
  want: number | string,
][] = [
  ['AssumeRole', 'user', undefined, 3600],
  ['AssumeRole', 'user', 43_200, 43_200],
  ['AssumeRole', 'user', 43_201, 'Member must have value less than or equal to 43200'],
  ['AssumeRole', 'user', 899, 'Member must have value greater than or equal to 900'],
  ['AssumeRole', 'temporary', 3601, '1 hour session limit'],
  ['AssumeRoleWithWebIdentity', 'none', 7200, 7200],
  ['AssumeRoot', 'user', 0, 0],
  ['AssumeRoot', 'user', 901, 'Member must have value less than or equal to 900'],
  ['GetSessionToken', 'user', undefined, 43_200],
  ['GetSessionToken', 'root', 129_600, 3600],
  ['GetSessionToken', 'user', 129_601, 'less than or equal to 129600'],
  ['GetFederationToken', 'root', undefined, 3600],
]
for (const [call, caller, requested, want] of durations) {
  test(`${call} by ${caller}, ${requested ?? 'no'} seconds`, () => {
    const got = durationOf(call, caller, requested, 43_200)
    if (typeof want === 'number') assert.deepEqual(got, { ok: true, durationSeconds: want })
    else assert.ok(!got.ok && got.problem.message.includes(want))
  })
}

test("the role's own maximum", () =>
  assert.match(checkAssumeDuration({ ...plain, durationSeconds: 7200 }, 3600)?.message ?? '', /MaxSessionDuration/))

test('tags and source identity are asked about apart', () =>
  assert.deepEqual(assumeQuestions({ action: 'sts:AssumeRole', hasTags: true, hasSourceIdentity: true }), [
    'sts:AssumeRole',
    'sts:TagSession',
    'sts:SetSourceIdentity',
  ]))

test('session tags beat role tags, inherited ones beat both, and the new spelling wins', () => {
  const call = { tags: [tag('team', 'new')], transitiveTagKeys: ['TEAM'], inherited: [tag('Star', 'kept')] }
  const got = sessionTags(call, [tag('Team', 'old'), tag('star', 'role'), tag('Sun', 'role')])
  assert.deepEqual(new Set(got.principalTags), new Set([tag('Sun', 'role'), tag('team', 'new'), tag('Star', 'kept')]))
  assert.deepEqual(got.transitive, ['Star', 'team'])
})

test('no key of a session occurs twice in any case', () => {
  const keys = fc.array(fc.constantFrom('a', 'A', 'b', 'B', 'c'), { maxLength: 4 })
  fc.assert(
    fc.property(keys, keys, keys, (role, passed, inherited) => {
      const call = {
        tags: passed.map((key) => tag(key)),
        transitiveTagKeys: passed,
        inherited: inherited.map((key) => tag(key)),
      }
      const folded = sessionTags(
        call,
        role.map((key) => tag(key)),
      ).principalTags.map(({ key }) => key.toLowerCase())
      assert.equal(new Set(folded).size, folded.length)
    }),
  )
})

test('more is never smaller', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), fc.string({ maxLength: 50 }), (policy, value) => {
      const before = packedPolicySize({ policies: [policy], policyArns: [], tags: [] })
      const after = packedPolicySize({ policies: [policy], policyArns: [], tags: [tag('k', value)] })
      assert.ok(after >= before)
    }),
  )
})

const role = 'arn:aws:iam::111122223333:role/app'
const claims: readonly [claim: unknown, want: boolean | string][] = [
  [undefined, false],
  [null, false],
  [[role], true],
  [`arn:aws:iam::111122223333:role/other;${role}`, true],
  [` ${role} `, true],
  [[123, role], true],
  [['arn:aws:iam::111122223333:role/other'], 'not present'],
  ['', 'no valid role ARNs'],
  [123, 'not in a supported format'],
]
for (const [claim, want] of claims) {
  test(`roles claim ${JSON.stringify(claim) ?? 'absent'}`, () => {
    const got = judgeRolesClaim(claim, role)
    if (typeof want === 'boolean') assert.deepEqual(got, { ok: true, authorizedByIdp: want })
    else assert.ok(!got.ok && got.problem.message.includes(want))
  })
}
