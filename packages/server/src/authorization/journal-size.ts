/** What entries of the journal cost in memory, by estimate: their own texts, and the policies that they keep from being forgotten. */
import type { AttachedPolicy, CompiledPolicy } from '@understudy/policy'
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
  const take = ({ policy }: AttachedPolicy): void => {
    const count = holders.get(policy) ?? 0
    if (count === 0) bytes += bytesOf(policy)
    holders.set(policy, count + 1)
  }
  const release = ({ policy }: AttachedPolicy): void => {
    const count = holders.get(policy) ?? 0
    if (count > 1) holders.set(policy, count - 1)
    else if (holders.delete(policy)) bytes -= bytesOf(policy)
  }
  return {
    bytes: () => bytes,
    take: (entry) => eachPolicy(entry, take),
    release: (entry) => eachPolicy(entry, release),
    clear: () => {
      holders.clear()
      bytes = 0
    },
  }
}

const bytesOf = ({ text }: CompiledPolicy): number => POLICY_OVERHEAD + text.length * POLICY_BYTES_PER_CHARACTER

/** Calls back instead of yielding: every entry comes by twice. */
function eachPolicy({ questions }: JournalEntry, use: (policy: AttachedPolicy) => void): void {
  for (const { set } of questions) {
    set.identity.forEach(use)
    if (set.resource) use(set.resource)
    if (set.trust) use(set.trust)
    if (set.boundary) use(set.boundary)
    if (set.vpce) use(set.vpce)
    set.session?.forEach(use)
    set.scopeDown?.forEach(use)
    set.scp?.forEach((level) => level.forEach(use))
    set.rcp?.forEach((level) => level.forEach(use))
  }
}
