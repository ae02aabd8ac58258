/**
 * Decisions a second of the policy engine beside a naive evaluator, and what compiling costs in time and memory:
 * `node --expose-gc tools/bench/policy.ts`. One thread, per second of processor time.
 */
import { compilePolicy, decide, explain, requestContext, type PolicySet, type RequestContext } from '@understudy/policy'
import { loadManagedPolicyCatalogue } from '../../packages/server/src/entities/catalogue/load.ts'
import { naiveDecide, type NaiveRequest } from './naive-policy.ts'
import { ACCOUNT, ACTION, DEEP, KEYS, LARGE, PRINCIPAL, RESOURCE, SMALL, STATEMENTS } from './policy-worlds.ts'

const ROUND_MILLISECONDS = 400
const ROUNDS = 5
const MANAGED = 1600
const PRINCIPALS = 400

const request: RequestContext = {
  principal: { kind: 'user', accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/alice`, userId: 'AIDAALICE' },
  action: ACTION,
  resource: RESOURCE,
  resourceAccount: ACCOUNT,
  context: requestContext(KEYS),
}
const naiveRequest: NaiveRequest = { action: ACTION, resource: RESOURCE, context: KEYS }

const compiled = (texts: readonly string[]): PolicySet => ({
  identity: texts.map((text, index) => ({ name: `policy ${index}`, policy: compilePolicy(text) })),
})

/** Seconds of processor time that this process has used. Wall time would count what others do on the machine. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Calls per second of processor time: the best of some rounds. */
function perSecond(work: () => unknown): number {
  let best = 0
  for (let round = 0; round < ROUNDS; round++) {
    const from = processorSeconds()
    const end = performance.now() + ROUND_MILLISECONDS
    let calls = 0
    while (performance.now() < end) {
      for (let step = 0; step < 16; step++) work()
      calls += 16
    }
    best = Math.max(best, calls / (processorSeconds() - from))
  }
  return best
}

const say = (...cells: readonly string[]): boolean => process.stdout.write(`| ${cells.join(' | ')} |\n`)
const grouped = (figure: number): string => Math.round(figure).toLocaleString('en-US')

function compare(name: string, texts: readonly string[]): void {
  const set = compiled(texts)
  const ours = perSecond(() => decide(request, set))
  const naive = perSecond(() => naiveDecide(texts, naiveRequest))
  const explained = perSecond(() => explain(request, set))
  say(name, grouped(ours), grouped(naive), `${grouped(ours / naive)} ×`, grouped(explained))
}

/** Best seconds of some rounds; the texts are AWS's managed policies, the first ones twice where there are fewer. */
function compileManaged(): { readonly seconds: number; readonly bytes: number } {
  const all = loadManagedPolicyCatalogue().all()
  const texts = Array.from({ length: MANAGED }, (_none, index) => all[index % all.length]?.text ?? '')
  let seconds = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const from = processorSeconds()
    for (const text of texts) compilePolicy(text)
    seconds = Math.min(seconds, processorSeconds() - from)
  }
  return { seconds, bytes: texts.reduce((sum, text) => sum + text.length, 0) }
}

/** Bytes of the heap that one principal's compiled policies hold, the document included. */
function heldBytes(texts: readonly string[]): number | undefined {
  const collect = globalThis.gc
  if (!collect) return undefined
  const copies = Array.from({ length: PRINCIPALS }, (_none, index) =>
    // A text of its own, as one that comes from a store.
    texts.map((text) => JSON.parse(JSON.stringify(text.replace('team-', `team-${index}-`))) as string),
  )
  const before = settled(collect)
  const kept = copies.map((own) => own.map((text) => compilePolicy(text)))
  return (settled(collect) - before) / kept.length
}

/** Bytes of the heap when collecting frees no more: what earlier rounds left behind must not count. */
function settled(collect: () => void): number {
  let used = Number.POSITIVE_INFINITY
  for (;;) {
    collect()
    const now = process.memoryUsage().heapUsed
    if (now >= used - 1000) return now
    used = now
  }
}

process.stdout.write(`node ${process.version}\n`)
say('decisions', 'engine per second', 'naive per second', 'ratio', 'explained per second')
say('---', '---', '---', '---', '---')
compare('small: 1 policy × 1 statement', SMALL)
compare('large: 10 policies × 30 statements', LARGE)
compare('large, every statement to its conditions', DEEP)
const managed = compileManaged()
process.stdout.write(
  `compiling ${MANAGED} managed policies (${grouped(managed.bytes)} characters): ${managed.seconds.toFixed(2)} s\n`,
)
for (const [name, texts] of [
  ['20 policies of one statement', STATEMENTS],
  ['20 policies of two statements, one with a condition', PRINCIPAL],
] as const) {
  const held = heldBytes(texts)
  const given = texts.join('').length
  process.stdout.write(
    held === undefined
      ? `${name}: memory is measured with --expose-gc\n`
      : `${name} (${grouped(given)} characters, not counted): ${(held / 1000).toFixed(1)} KB compiled\n`,
  )
}
