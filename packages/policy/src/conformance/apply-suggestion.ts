/** Makes the change that a suggestion proposes, for tests that ask what it does. */
import assert from 'node:assert/strict'
import { compilePolicy } from '../compile.ts'
import type { AttachedPolicy, PolicySet, Suggestion } from '../types.ts'

type Document = { Statement: unknown }

function patched(text: string, patch: Suggestion['patch']): string {
  const document = JSON.parse(text) as Document
  for (const { op, path, value } of patch) {
    const index = /^\/Statement\/(\d+)$/.exec(path)?.[1]
    if (path === '/Statement' && op === 'replace') document.Statement = value
    else if (path === '/Statement/-' && op === 'add') (document.Statement as unknown[]).push(value)
    else if (index !== undefined && op === 'replace') (document.Statement as unknown[])[Number(index)] = value
    else assert.fail(`${op} ${path} is not expected`)
  }
  return JSON.stringify(document)
}

const edit = (attached: AttachedPolicy, one: Suggestion): AttachedPolicy =>
  attached.name === one.policy
    ? { ...attached, policy: compilePolicy(patched(attached.policy.text, one.patch)) }
    : attached

/** The policies after the change; policies are told apart by their names. */
export function applied(set: PolicySet, one: Suggestion): PolicySet {
  if (one.patch[0]?.path === '') {
    const fresh = { name: one.policy, policy: compilePolicy(JSON.stringify(one.patch[0].value)) }
    if (one.layer === 'scp') return { ...set, scp: withFresh(set.scp, fresh) }
    if (one.layer === 'identity') return { ...set, identity: [...set.identity, fresh] }
    return { ...set, [one.layer]: one.layer === 'session' ? [fresh] : fresh }
  }
  const single = (policy: AttachedPolicy | undefined) => policy && edit(policy, one)
  const list = (policies: readonly AttachedPolicy[] | undefined) => policies?.map((policy) => edit(policy, one))
  const levels = (given: PolicySet['scp']) => given?.map((level) => level.map((policy) => edit(policy, one)))
  switch (one.layer) {
    case 'scp':
    case 'rcp':
      return { ...set, [one.layer]: levels(set[one.layer]) }
    case 'identity':
    case 'session':
      return { ...set, [one.layer]: list(set[one.layer]) }
    default:
      return { ...set, [one.layer]: single(set[one.layer]) }
  }
}

/** A level without policies gets one; that is the only reason to suggest a new SCP. */
const withFresh = (levels: PolicySet['scp'], fresh: AttachedPolicy): PolicySet['scp'] =>
  levels?.map((level) => (level.length === 0 ? [fresh] : level))
