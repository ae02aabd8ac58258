/** The checks that tools of their own make: types, lint, format, dead code. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { ROOT } from './files.ts'

const CHECKS: readonly (readonly [what: string, tool: string, args: readonly string[]])[] = [
  ['types are right', 'tsc', ['-p', 'tsconfig.check.json']],
  ['lint finds nothing', 'oxlint', ['--deny-warnings']],
  ['files are formatted', 'oxfmt', ['--check']],
  ['nothing is dead', 'knip', ['--no-progress']],
]

for (const [what, tool, args] of CHECKS)
  test(what, { timeout: 180_000 }, () => {
    const run = spawnSync(resolve(ROOT, 'node_modules/.bin', tool), args, {
      cwd: ROOT,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    })
    assert.equal(run.error, undefined)
    assert.equal(run.status, 0, `${run.stdout}\n${run.stderr}`)
  })
