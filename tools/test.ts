/**
 * `npm test`: every test that this machine can run. What a test needs beyond the project (Java, boto3, the recordings beside
 * the checkout) is used where it is there; the last lines say what was skipped and why.
 * `npm test -- PATTERN…` runs only files whose path contains one of the words. `--no-skips` makes a skipped test a failure, but
 * for what no registry has, and says so in its reason.
 */
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'

const ROOT = resolve(fileURLToPath(import.meta.url), '../..')
const PATTERNS = [
  'packages/*/src/**/*.test.ts',
  'packages/*/spec/**/*.test.ts',
  'tests/**/*.test.ts',
  'tools/**/*.test.ts',
]
const words = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const noSkips = process.argv.includes('--no-skips')

const files = globSync(PATTERNS, { cwd: ROOT, exclude: ['**/node_modules/**', '**/target/**'] })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => words.length === 0 || words.some((word) => path.includes(word)))
  .toSorted()

if (files.length === 0) {
  process.stderr.write(`test: no test file has ${words.join(' or ')} in its path\n`)
  process.exit(2)
}

/** A reason that no installation mends: programs outside the registries. */
const NO_REGISTRY = /^cannot be installed from a registry/
const skipped = new Map<string, number>()
let failed = 0
const stream = run({
  files: files.map((file) => resolve(ROOT, file)),
  cwd: ROOT,
  concurrency: Math.max(2, availableParallelism()),
})
stream.on('test:fail', () => failed++)
stream.on('test:pass', ({ skip }) => {
  if (skip === undefined || skip === false) return
  const reason = typeof skip === 'string' ? skip : 'no reason given'
  skipped.set(reason, (skipped.get(reason) ?? 0) + 1)
})
stream.compose(spec).pipe(process.stdout)
stream.once('end', () => setImmediate(finish))

function finish(): void {
  const count = [...skipped.values()].reduce((sum, value) => sum + value, 0)
  process.stdout.write(
    `${files.length} test files. ${count === 0 ? 'Nothing was skipped.' : `${count} tests were skipped:`}\n`,
  )
  for (const [reason, times] of skipped) process.stdout.write(`  ${times} × ${reason}\n`)
  const mendable = [...skipped.keys()].filter((reason) => !NO_REGISTRY.test(reason))
  process.exitCode = failed > 0 || (noSkips && mendable.length > 0) ? 1 : 0
}
