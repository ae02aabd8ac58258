/** What entries of the journal cost in memory, by estimate: their own texts, and the policies that they keep from being forgotten. */
import type { AttachedPolicy, CompiledPolicy, PolicySet } from '@understudy/policy'
import type { JournalEntry } from './journal.ts'

/** What an entry and a question cost beside their texts: objects and lists. */
const ENTRY_OVERHEAD = 1000
/** A question with its condition keys, some twenty of them, once they are looked at. */
const QUESTION_OVERHEAD = 3000
/** A compiled policy beside its text: statements, patterns, conditions. Bytes, and bytes for each character of the text. */
const POLICY_OVERHEAD = 500
const POLICY_BYTES_PER_CHARACTER = 6

/** Bytes of an entry by itself, without its policies. */
export function sizeOf(entry: JournalEntry): number {
  let characters = entry.requestId.length * 2 + entry.userAgent.length + (entry.principal?.length ?? 0)
  for (const { request, details, note } of entry.questions) {
    characters += QUESTION_OVERHEAD + request.resource.length + request.action.length + (note?.length ?? 0)
    if (details) characters += JSON.stringify(details).length
  }
  if (entry.refusal) characters += entry.refusal.message.length + JSON.stringify(entry.refusal.details ?? '').length
  return ENTRY_OVERHEAD + characters
}

/** Policies that entries hold, each counted once however many hold it: who changes policies all the time fills the journal too. */
export interface PolicyLedger {
  readonly bytes: () => number
  readonly take: (entry: JournalEntry) => void
  readonly release: (entry: JournalEntry) => void
  readonly clear: () => void
}

export function policyLedger(): PolicyLedger {
  const holders = new Map<CompiledPolicy, number>()
  let bytes = 0
  return {
    bytes: () => bytes,
    take: (entry) => {
      for (const policy of policiesOf(entry)) {
        const count = holders.get(policy) ?? 0
        if (count === 0) bytes += bytesOf(policy)
        holders.set(policy, count + 1)
      }
    },
    release: (entry) => {
      for (const policy of policiesOf(entry)) {
        const count = holders.get(policy) ?? 0
        if (count > 1) holders.set(policy, count - 1)
        else if (holders.delete(policy)) bytes -= bytesOf(policy)
      }
    },
    clear: () => {
      holders.clear()
      bytes = 0
    },
  }
}

const bytesOf = ({ text }: CompiledPolicy): number => POLICY_OVERHEAD + text.length * POLICY_BYTES_PER_CHARACTER

function* policiesOf(entry: JournalEntry): Generator<CompiledPolicy> {
  for (const { set } of entry.questions) for (const { policy } of attachedIn(set)) yield policy
}

function* attachedIn(set: PolicySet): Generator<AttachedPolicy> {
  yield* set.identity
  for (const one of [set.resource, set.trust, set.boundary, set.vpce]) if (one) yield one
  for (const some of [set.session, set.scopeDown]) if (some) yield* some
  for (const levels of [set.scp, set.rcp]) if (levels) for (const level of levels) yield* level
}
