/** Imports point down, never up, never sideways. docs/architecture.md, "Packages and layers". */
import assert from 'node:assert/strict'
import { dirname, posix } from 'node:path'
import { test } from 'node:test'
import { files, importsOf, isTest } from './files.ts'
import type { SourceFile } from './files.ts'

/** Lower lines know nothing of higher ones. A folder may import itself and lower lines. */
const LEVELS: readonly (readonly string[])[] = [
  ['packages/policy/src', 'packages/wire/src'],
  ['packages/server/src/domain', 'packages/server/src/errors'],
  ['packages/server/src/store', 'packages/server/src/blobs'],
  ['packages/server/src/entities'],
  ['packages/server/src/credentials'],
  ['packages/server/src/federation', 'packages/server/src/authorization'],
  ['packages/server/src/services/platform.ts'],
  ['packages/server/src/services/operation.ts'],
  [
    'packages/server/src/services/iam',
    'packages/server/src/services/sts',
    'packages/server/src/services/s3',
    'packages/server/src/imds',
    'packages/server/src/seed',
  ],
  ['packages/server/src/analysis'],
  ['packages/server/src/services/admin'],
  ['packages/server/src/http'],
  ['packages/server/src/main.ts', 'packages/server/src/cli', 'packages/server/src/start'],
]

const server = files.filter((file) => file.path.startsWith('packages/') && file.path.includes('/src/') && !isTest(file))

function placeOf(path: string): { readonly level: number; readonly folder: string } {
  for (const [level, folders] of LEVELS.entries())
    for (const folder of folders) if (path === folder || path.startsWith(`${folder}/`)) return { level, folder }
  throw new assert.AssertionError({ message: `${path} is in no layer` })
}

const targetOf = (file: SourceFile, name: string): string => posix.join(dirname(file.path), name)

test('imports only point downwards, and never sideways', () => {
  assert.ok(server.length > 100, `only ${server.length} files were seen`)
  const violations: string[] = []
  for (const file of server) {
    const from = placeOf(file.path)
    for (const name of importsOf(file).filter((module) => module.startsWith('.'))) {
      const to = placeOf(targetOf(file, name))
      const top = LEVELS.length - 1
      const allowed = to.level < from.level || to.folder === from.folder || (from.level === top && to.level === top)
      if (!allowed) violations.push(`${file.path} imports ${name}`)
    }
  }
  assert.deepEqual(violations, [])
})

test('policy imports nothing, wire imports nothing but node:crypto and node:buffer', () => {
  const violations = server
    .filter(({ path }) => /^packages\/(policy|wire)\//.test(path))
    .flatMap((file) =>
      importsOf(file)
        .filter((module) => !module.startsWith('.'))
        .filter(
          (module) => file.path.startsWith('packages/policy/') || !['node:crypto', 'node:buffer'].includes(module),
        )
        .map((module) => `${file.path} imports ${module}`),
    )
  assert.deepEqual(violations, [])
})

test('policy and wire have no dependencies', () => {
  for (const { path, text } of files.filter((file) => /^packages\/(policy|wire)\/package\.json$/.test(file.path)))
    assert.equal(Object.keys((JSON.parse(text) as { dependencies?: object }).dependencies ?? {}).length, 0, path)
})

/** What reads the outside of the process, and the few places where it may. */
const OUTSIDE: readonly (readonly [what: string, pattern: RegExp, allowed: RegExp])[] = [
  [
    'the clock',
    /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b/,
    /^packages\/server\/src\/(domain\/clock|cli\/|start\/)/,
  ],
  [
    'randomness',
    /\brandomBytes\b|\brandomUUID\b|\bMath\.random\b|\bgetRandomValues\b/,
    /^packages\/server\/src\/(domain\/chance|cli\/|start\/)/,
  ],
  ['the environment', /\bprocess\.env\b/, /^packages\/server\/src\/(cli\/|start\/)/],
]

for (const [what, pattern, allowed] of OUTSIDE)
  test(`${what} is read in its own place only`, () => {
    const violations = server
      .filter(({ path, text }) => pattern.test(text) && !allowed.test(path))
      .map(({ path }) => path)
    assert.deepEqual(violations, [])
  })
