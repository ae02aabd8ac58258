/** What people read of an explanation. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePolicy, explain } from '@understudy/policy'
import type { PolicySet, RequestContext } from '@understudy/policy'
import type { JournalEntry } from '../authorization/journal.ts'
import { explanation } from '../services/admin/explanation.ts'
import { ACCOUNT, journalEntry, question } from '../services/admin/fixture.ts'
import { testTerminal } from './fixture.ts'
import { explanationLines, reasonLines } from './why-text.ts'

const OWNER = '444455556666'
const ROLE = `arn:aws:iam::${OWNER}:role/Reader`

const told = (entry: JournalEntry): string => {
  const records = entry.questions.map(({ request, set }) => explain(request, set))
  return explanationLines(explanation({ ...entry, records }), testTerminal()).join('\n')
}

const policy = (name: string, owner: string, statement: object) => ({
  name,
  owner,
  policy: compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement: [statement] }, undefined, 2)),
})

const TRUST = policy('trust policy of role Reader', OWNER, {
  Sid: 'Partner',
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
  Action: 'sts:AssumeRole',
  Condition: { StringEquals: { 'sts:ExternalId': 'right' } },
})
const MAY_ASSUME = policy('inline policy assume of user alice', ACCOUNT, {
  Effect: 'Allow',
  Action: 'sts:AssumeRole',
  Resource: ROLE,
})

/** alice asks for a role of another account. */
function assuming(externalId: string | undefined, set: Partial<PolicySet>): JournalEntry {
  const request: Partial<RequestContext> = {
    action: 'sts:AssumeRole',
    resource: ROLE,
    resourceAccount: OWNER,
    context: new Map(externalId === undefined ? [] : [['sts:externalid', externalId]]),
  }
  const { refusal, ...entry } = journalEntry({ service: 'sts', operation: 'AssumeRole' })
  const asked = question(request, { identity: [], trust: TRUST, ...set })
  return {
    ...entry,
    questions: [asked],
    ...(asked.decision.effect === 'Deny' && refusal !== undefined ? { refusal } : {}),
  }
}

const cases: readonly (readonly [name: string, entry: JournalEntry, says: readonly RegExp[]])[] = [
  [
    'both sides say yes',
    assuming('right', { identity: [MAY_ASSUME] }),
    [
      /^ALLOWED$/m,
      /✔ the trust policy of the role admits the caller: yes {2}\(account 444455556666 can change it\)/,
      /✔ the caller's own policies allow sts:AssumeRole: yes {2}\(account 111122223333 can change it\)/,
      /Two accounts: both sides must say yes/,
    ],
  ],
  [
    "the caller's side is missing",
    assuming('right', {}),
    [
      /^DENIED \(nothing allows it\) {2}ASSUME\.CALLER_NOT_ALLOWED$/m,
      /✔ the trust policy/,
      /✘ the caller's own policies/,
      /Stands in the way first: identity policies\n {2}there is no statement at all/,
      /Smallest change that allows exactly this request:\n {2}in .* \(account 111122223333 owns it\)/,
    ],
  ],
  [
    'an external id that was not sent is absent, not different',
    assuming(undefined, { identity: [MAY_ASSUME] }),
    [
      /TRUST\.EXTERNAL_ID_MISSING/,
      /Allow in trust policy of role Reader, Sid Partner, line 4: does not match: its condition fails/,
      /✘ sts:ExternalId: received absent — StringEquals — wanted `right`/,
    ],
  ],
  [
    'another external id',
    assuming('wrong', { identity: [MAY_ASSUME] }),
    [/TRUST\.EXTERNAL_ID_MISMATCH/, /✘ sts:ExternalId: received `wrong` — StringEquals — wanted `right`/],
  ],
  [
    'both sides are missing: two changes',
    assuming('wrong', {}),
    [/Would be next: identity policies/, /Smallest changes that together allow exactly this request:/],
  ],
  [
    'a denial that fires',
    journalEntry({
      questions: [
        question(
          {},
          {
            identity: [policy('no reading', ACCOUNT, { Sid: 'Never', Effect: 'Deny', Action: 's3:*', Resource: '*' })],
          },
        ),
      ],
    }),
    [/^DENIED \(explicit deny\) {2}IDENTITY\.EXPLICIT_DENY$/m, /Deny in no reading, Sid Never, line 4: matches/],
  ],
  [
    'a bucket of somebody else without a policy',
    journalEntry({
      questions: [question({ resourceAccount: OWNER, context: new Map([['aws:principaltag/team', 'blue']]) })],
    }),
    [/Stands in the way first: resource's policy\n {2}there is no statement at all/],
  ],
  [
    'decoded claims stand beside the note',
    journalEntry({
      questions: [{ ...question(), note: 'first\nsecond', details: { claims: { sub: 'repo:a/b', exp: 1 } } }],
    }),
    [/^first\nsecond\n {2}claims:\n {4}sub: repo:a\/b\n {4}exp: 1$/m],
  ],
  [
    'a signature that does not fit',
    journalEntry({
      questions: [],
      refusal: {
        code: 'SignatureDoesNotMatch',
        status: 403,
        message: 'told',
        diagnosis: 'AUTH.SIGNATURE_MISMATCH',
        explanation: 'The host was signed without its port.',
        details: { canonicalRequest: 'GET\n/', stringToSign: 'AWS4\nx', tried: ['a', 'a', 'b'] },
      },
    }),
    [
      /AUTH\.SIGNATURE_MISMATCH/,
      /The caller was told: SignatureDoesNotMatch \(403\) told/,
      /The host was signed without its port\./,
      /tried: a, b$/m,
      /Our canonical request:\n {2}GET\n {2}\//,
      /Our string to sign:\n {2}AWS4\n {2}x/,
    ],
  ],
]
for (const [name, entry, says] of cases)
  test(name, () => {
    const text = told(entry)
    for (const pattern of says) assert.match(text, pattern)
  })

test('a call that needs no permission says why', () => {
  const { refusal: _, ...entry } = journalEntry({ questions: [], noQuestion: 'GetCallerIdentity needs no permission.' })
  assert.match(told(entry), /^ALLOWED$[\s\S]*No permission is needed: GetCallerIdentity/m)
})

test('a reason in a few words names code, layers and the condition', () => {
  const entry = assuming('wrong', {})
  const records = entry.questions.map(({ request, set }) => explain(request, set))
  assert.deepEqual(reasonLines(explanation({ ...entry, records })), [
    'TRUST.EXTERNAL_ID_MISMATCH (in the way: trust policy, then identity policies)',
    '✘ sts:ExternalId: received `wrong` — StringEquals — wanted `right`',
  ])
})
