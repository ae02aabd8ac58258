/**
 * `node tools/mutate.ts [--sample N] [--seed N] [--only WORD] [--jobs N] [--quick] [--memory FILE]`: does any quick test of the policy package notice
 * when an operator, a boundary, a truth value, an answer or a statement of the decision, condition and matching code is
 * changed? Prints every survivor that `tools/mutate/equivalent.tsv` does not list, and the score. Exit code 1 when a sample
 * has such a survivor, or the score of a whole run is below 90 %.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { cpSync, globSync, mkdtempSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { listen, type Answer, type Task } from './mutate/child.ts'
import { mutantsOf, type Mutant } from './mutate/mutants.ts'

const ROOT = resolve(fileURLToPath(import.meta.url), '../..')
const SOURCES = ['src/decision/*.ts', 'src/conditions/*.ts', 'src/language/*.ts', 'src/principals.ts', 'src/actions.ts']
/** Tests of other folders would spend their time on other code. */
const TESTS = ['src/*.test.ts', 'src/{decision,conditions,language,conformance,validation}/*.test.ts', 'spec/*.test.ts']
const SCORE_MIN = 0.9
/** Module graphs are never given back, so a process ends after some mutants. */
const MUTANTS_PER_CHILD = 60
/** Tests above this are run when no other has noticed. */
const SLOW_MILLISECONDS = 60
/** How much longer than an unchanged run a mutant may take before it counts as noticed, as an endless one. */
const PATIENCE = 2

interface Result {
  readonly mutant: Mutant
  readonly killer: string | undefined
}

interface Plan {
  readonly folder: string
  /** Test files, quickest first. */
  readonly files: readonly string[]
  /** Names of tests that are run last, quickest first. */
  readonly slow: readonly string[]
  readonly timeoutMilliseconds: number
  /** Source file → test name → mutants noticed so far. */
  readonly kills: Map<string, Map<string, number>>
}

const { values } = parseArgs({
  options: {
    sample: { type: 'string' },
    seed: { type: 'string', default: '4' },
    only: { type: 'string', default: '' },
    jobs: { type: 'string', default: '1' },
    quick: { type: 'boolean', default: false },
    memory: { type: 'string' },
    child: { type: 'string' },
  },
})

async function main(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-mutants-'))
  try {
    const copy = join(folder, 'policy')
    cpSync(join(ROOT, 'packages/policy'), copy, { recursive: true, filter: (path) => !path.endsWith('/dist') })
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const mutants = chosen(copy)
    const plan = await planFor(copy)
    const known = readMemory()
    const results = await tryAll(
      mutants.filter((mutant) => !known.has(keyOf(mutant))),
      plan,
    )
    const all = [
      ...mutants.filter((mutant) => known.has(keyOf(mutant))).map((mutant) => ({ mutant, killer: 'known' })),
      ...results,
    ]
    writeMemory(all)
    return report(all)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function chosen(folder: string): readonly Mutant[] {
  const files = globSync(SOURCES, { cwd: folder })
    .filter((file) => !file.endsWith('.test.ts') && file.includes(values.only))
    .toSorted()
  const all = files.flatMap((file) => mutantsOf(file, readFileSync(join(folder, file), 'utf8')))
  if (values.sample === undefined) return all
  const chance = chanceFrom(Number(values.seed))
  return all
    .map((mutant) => ({ mutant, order: chance() }))
    .toSorted((left, right) => left.order - right.order)
    .slice(0, Number(values.sample))
    .map(({ mutant }) => mutant)
}

/** Numbers in [0, 1) that a seed tells in advance. */
function chanceFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

function started(folder: string): ChildProcess {
  const env = { ...process.env, UNDERSTUDY_AGREEMENT: '2400' }
  return fork(fileURLToPath(import.meta.url), ['--child', folder], { env, execArgv: ['--max-old-space-size=3000'] })
}

/** The unchanged sources have to pass; their times tell the order of the tests and how long to wait for a mutant. */
async function planFor(folder: string): Promise<Plan> {
  const tests = globSync(TESTS, { cwd: folder })
    .map((file) => join(folder, file))
    .toSorted()
  const child = started(folder)
  const from = performance.now()
  const { times, killer, problem } = await asked(
    child,
    { id: 1, files: tests, first: [], slow: [], quick: false },
    300_000,
  )
  child.kill('SIGKILL')
  if (!times) throw new Error(`the unchanged sources fail: ${killer}: ${problem}`)
  const took = performance.now() - from
  process.stdout.write(`${Object.keys(times).length} tests, ${Math.round(took)} ms unchanged\n`)
  const timeoutMilliseconds = Math.max(8000, took * PATIENCE)
  return { folder, ...orderOf(tests, times), timeoutMilliseconds, kills: new Map() }
}

function orderOf(tests: readonly string[], times: Readonly<Record<string, number>>): Pick<Plan, 'files' | 'slow'> {
  const entries = Object.entries(times).toSorted((left, right) => left[1] - right[1])
  const slow = entries.filter(([, time]) => time > SLOW_MILLISECONDS).map(([name]) => name)
  const timeOf = (file: string): number =>
    entries.filter(([name]) => file.endsWith(`/${fileOf(name)}`)).reduce((sum, [, time]) => sum + time, 0)
  return { files: tests.toSorted((left, right) => timeOf(left) - timeOf(right)), slow }
}

/** Tests are called `rules.test.ts: what the test says`. */
const fileOf = (name: string): string => name.slice(0, name.indexOf(':'))

/** The child's answer; an endless or broken child is ended and counts as noticed. */
function asked(child: ChildProcess, task: Task, timeoutMilliseconds: number): Promise<Answer> {
  const { promise, resolve: settle } = Promise.withResolvers<Answer>()
  const timer = setTimeout(() => {
    child.kill('SIGKILL')
    settle({ id: task.id, killer: 'endless' })
  }, timeoutMilliseconds)
  const ended = (): void => settle({ id: task.id, killer: 'crash' })
  child.once('exit', ended)
  child.once('message', (told: Answer) => settle(told))
  child.send(task)
  return promise.finally(() => {
    clearTimeout(timer)
    child.removeListener('exit', ended)
    child.removeAllListeners('message')
  })
}

async function tryAll(mutants: readonly Mutant[], plan: Plan): Promise<readonly Result[]> {
  const results: Result[] = []
  const queue = mutants.map((mutant, index) => ({ mutant, id: index + 2 }))
  const work = async (): Promise<void> => {
    let child = started(plan.folder)
    let used = 0
    for (let next = queue.shift(); next; next = queue.shift()) {
      if (used >= MUTANTS_PER_CHILD || child.killed || child.exitCode !== null || child.signalCode !== null) {
        child.kill('SIGKILL')
        child = started(plan.folder)
        used = 0
      }
      used++
      const { id, mutant } = next
      const task = { id, mutant, ...orderFor(mutant.file, plan) }
      const { killer } = await asked(child, task, plan.timeoutMilliseconds)
      remember(mutant.file, killer, plan)
      if (results.length % 50 === 0) writeMemory(results)
      results.push({ mutant, killer })
      if (killer === undefined && !isListed(mutant))
        process.stdout.write(`survived at line ${mutant.line}:\t${rowOf(mutant)}\n`)
      if (results.length % 100 === 0) process.stdout.write(`… ${results.length} of ${mutants.length}\n`)
    }
    child.kill('SIGKILL')
  }
  await Promise.all(Array.from({ length: Number(values.jobs) }, work))
  return results
}

/** Mutants that were noticed before; more tests cannot change that, other sources can. */
function readMemory(): ReadonlySet<string> {
  if (values.memory === undefined || !existsSync(values.memory)) return new Set()
  return new Set(JSON.parse(readFileSync(values.memory, 'utf8')) as readonly string[])
}

function writeMemory(results: readonly Result[]): void {
  if (values.memory === undefined) return
  const keys = results.filter(({ killer }) => killer !== undefined).map(({ mutant }) => keyOf(mutant))
  writeFileSync(values.memory, JSON.stringify([...new Set([...readMemory(), ...keys])]))
}

const keyOf = ({ file, start, end, before, after }: Mutant): string => JSON.stringify([file, start, end, before, after])

/** Files and tests that noticed other mutants of the source come first. */
function orderFor(source: string, { kills, files, slow }: Plan): Pick<Task, 'files' | 'first' | 'slow' | 'quick'> {
  const known = [...(kills.get(source) ?? [])].toSorted((left, right) => right[1] - left[1])
  const count = new Map<string, number>()
  for (const [name, times] of known) count.set(fileOf(name), (count.get(fileOf(name)) ?? 0) + times)
  const countOf = (file: string): number => count.get(file.slice(file.lastIndexOf('/') + 1)) ?? 0
  const first = known.map(([name]) => name)
  return { files: files.toSorted((left, right) => countOf(right) - countOf(left)), first, slow, quick: values.quick }
}

function remember(file: string, killer: string | undefined, { kills }: Plan): void {
  if (killer === undefined) return
  const own = kills.get(file) ?? new Map<string, number>()
  own.set(killer, (own.get(killer) ?? 0) + 1)
  kills.set(file, own)
}

/** A row of `equivalent.tsv`, but for the reason. */
const rowOf = ({ file, lineText, before, after }: Mutant): string => [file, lineText, oneLine(before), after].join('\t')

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ')

function report(results: readonly Result[]): number {
  const killed = results.filter(({ killer }) => killer !== undefined).length
  const survivors = results.filter(({ killer }) => killer === undefined)
  const listed = survivors.filter(({ mutant }) => isListed(mutant)).length
  const score = killed / results.length
  const files = Map.groupBy(results, ({ mutant }) => mutant.file)
  for (const [file, own] of files) {
    const noticed = own.filter(({ killer }) => killer !== undefined).length
    process.stdout.write(`${file.padEnd(40)} ${noticed} of ${own.length}\n`)
  }
  const endless = results.filter(({ killer }) => killer === 'endless' || killer === 'crash').length
  process.stdout.write(
    `${killed} of ${results.length} mutants noticed (${(score * 100).toFixed(1)} %; ${endless} of them endless); ` +
      `${listed} survivors are listed as changing no answer, ${survivors.length - listed} are not\n`,
  )
  const good = values.sample === undefined ? score >= SCORE_MIN : survivors.length === listed
  return good ? 0 : 1
}

/** Rows of `equivalent.tsv`: file, line, what stands there, what stands there instead, why no answer changes. */
const LISTED: ReadonlySet<string> = new Set(
  readFileSync(new URL('./mutate/equivalent.tsv', import.meta.url), 'utf8')
    .split('\n')
    .map((line) => line.split('\t').slice(0, 4).join('\t')),
)

const isListed = (mutant: Mutant): boolean => LISTED.has(rowOf(mutant))

if (values.child === undefined) process.exitCode = await main()
else listen(values.child)
