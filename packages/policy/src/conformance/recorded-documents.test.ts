import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePolicy } from '../validation/parse.ts'
import type { PolicyType } from '../validation/problem.ts'
import { readRecords, withoutRecordings } from './recordings.ts'

const FILE = 'aws-recorded.json'

interface Recorded {
  readonly id: string
  readonly operation: string
  readonly tier: string
  readonly sent?: Readonly<Record<string, unknown>>
  readonly recorded: { readonly error?: { readonly code?: string; readonly message?: string } | null } | null
}

/** Operation → parameter that holds the document, and its slot. */
const SLOTS: Readonly<Record<string, readonly [parameter: string, type: PolicyType]>> = {
  CreatePolicy: ['PolicyDocument', 'managed'],
  CreatePolicyVersion: ['PolicyDocument', 'managed'],
  PutUserPolicy: ['PolicyDocument', 'inline'],
  PutRolePolicy: ['PolicyDocument', 'inline'],
  PutGroupPolicy: ['PolicyDocument', 'inline'],
  CreateRole: ['AssumeRolePolicyDocument', 'trust'],
  UpdateAssumeRolePolicy: ['PolicyDocument', 'trust'],
}

/** Snapshots show partition and region as placeholders. */
const shown = (text: string): string => text.replaceAll('<partition>', 'aws').replaceAll('<region>', 'us-east-1')

test('documents that AWS was sent', { skip: withoutRecordings(FILE) }, () => {
  let refused = 0
  let accepted = 0
  for (const { id, operation, sent, recorded } of readRecords<Recorded>(FILE)) {
    const slot = SLOTS[operation]
    const text = slot && sent?.[slot[0]]
    if (!slot || typeof text !== 'string' || !recorded) continue
    const code = recorded.error?.code
    if (code !== undefined && code !== 'MalformedPolicyDocument') continue
    const got = parsePolicy(text, slot[1])
    const said = got.ok ? 'accepted' : `${got.code}: ${got.message}`
    assert.equal(
      said,
      code === undefined ? 'accepted' : `${code}: ${shown(recorded.error?.message ?? '')}`,
      `${id} ${text}`,
    )
    if (got.ok) accepted++
    else refused++
  }
  assert.ok(refused > 40 && accepted > 40, `${refused} refused, ${accepted} accepted`)
})
