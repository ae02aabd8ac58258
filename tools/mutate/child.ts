/**
 * Tries mutants in one process. Every mutant gets a module graph of its own: file addresses carry the mutant's number, and the
 * one changed file is served from memory, so that no process has to be started and no file written. The parent ends this process when a
 * mutant runs for ever.
 */
import { readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import type { Mutant } from './mutants.ts'
import { takeCollected, type Collected } from './shim.ts'

/** What the parent asks. */
export interface Task {
  readonly id: number
  /** Absent: the tests are run on the unchanged sources, all of them. */
  readonly mutant?: Mutant
  /** Test files, absolute, most promising first. */
  readonly files: readonly string[]
  /** Names of tests to begin with in their file. */
  readonly first: readonly string[]
  /** Names of tests that wait until the others have passed, quickest first. */
  readonly slow: readonly string[]
  /** The slow tests are not run at all. */
  readonly quick: boolean
}

/** What it is told. */
export interface Answer {
  readonly id: number
  /** Name of the test that noticed; absent when none did. */
  readonly killer?: string
  readonly problem?: string
  /** Milliseconds by test, of an unchanged run. */
  readonly times?: Readonly<Record<string, number>>
}

const SHIM = new URL('./shim.ts', import.meta.url).href
const stripped = new Map<string, string>()
let folder = 'not set:'
let current: Task | undefined

function source(url: string): string {
  const path = new URL(url)
  path.search = ''
  const mutant = current?.mutant
  if (mutant && path.pathname.endsWith(`/${mutant.file}`)) {
    const text = readFileSync(path, 'utf8')
    return stripTypeScriptTypes(text.slice(0, mutant.start) + mutant.after + text.slice(mutant.end))
  }
  const known = stripped.get(path.href)
  if (known !== undefined) return known
  const text = stripTypeScriptTypes(readFileSync(path, 'utf8'))
  stripped.set(path.href, text)
  return text
}

registerHooks({
  resolve(specifier, context, next) {
    const ours = context.parentURL?.startsWith(folder) ?? false
    if (ours && specifier === 'node:test') return { url: SHIM, shortCircuit: true }
    const wanted = ours && specifier === '@understudy/policy' ? `${folder}src/index.ts` : specifier
    const found = next(wanted, context)
    if (!found.url.startsWith(folder)) return found
    const url = new URL(found.url)
    url.search = `?mutant=${current?.id ?? 0}`
    return { ...found, url: url.href }
  },
  load(url, context, next) {
    if (!url.startsWith(folder)) return next(url, context)
    return { format: 'module', source: source(url), shortCircuit: true }
  },
})

/** Listens for tasks about a copy of the package in `path`. */
export function listen(path: string): void {
  folder = pathToFileURL(`${path}/`).href
  // Shrinking makes failures pretty; here only the failure counts.
  fc.configureGlobal({ seed: 4, endOnFailure: true })
  process.on('disconnect', () => process.exit())
  process.on('message', (task: Task) => {
    void answer(task).then((told) => process.send?.(told))
  })
}

async function answer(task: Task): Promise<Answer> {
  current = task
  const { id } = task
  const waiting: Collected[] = []
  const times: Record<string, number> = {}
  for (const file of task.files) {
    const cases = await casesOf(file)
    if (!Array.isArray(cases)) return { id, ...cases }
    const quick = cases.filter(({ name }) => !task.slow.includes(name))
    waiting.push(...cases.filter(({ name }) => task.slow.includes(name)))
    const found = await firstFailure(byRank(quick, task.first), times)
    if (found) return { id, ...found }
  }
  if (task.quick) return { id, times }
  return { id, times, ...(await firstFailure(byRank(waiting, task.slow), times)) }
}

type Failure = Pick<Answer, 'killer' | 'problem'>

async function casesOf(file: string): Promise<readonly Collected[] | Failure> {
  const short = file.slice(file.lastIndexOf('/') + 1)
  try {
    await import(pathToFileURL(file).href)
    return takeCollected().map(({ name, body }) => ({ name: `${short}: ${name}`, body }))
  } catch (error) {
    takeCollected()
    return { killer: `${short}: loading`, problem: String(error) }
  }
}

function byRank(cases: readonly Collected[], names: readonly string[]): readonly Collected[] {
  const rank = new Map(names.map((name, index) => [name, index]))
  return cases.toSorted((left, right) => (rank.get(left.name) ?? rank.size) - (rank.get(right.name) ?? rank.size))
}

async function firstFailure(cases: readonly Collected[], times: Record<string, number>): Promise<Failure | undefined> {
  for (const { name, body } of cases) {
    const from = performance.now()
    try {
      await body({ diagnostic: () => undefined })
    } catch (error) {
      return { killer: name, problem: String(error).slice(0, 2000) }
    }
    times[name] = performance.now() - from
  }
  return undefined
}
