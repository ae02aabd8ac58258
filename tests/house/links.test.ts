/** Links between pages: a page that names a file of the project names one that is there. */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { ROOT } from './files.ts'

const pages = globSync('**/*.md', { cwd: ROOT, exclude: ['**/node_modules/**', '**/target/**'] })

test('every link to a file leads to one', () => {
  assert.ok(pages.length > 20, `only ${pages.length} pages were found`)
  const broken = pages.flatMap((page) =>
    [...readFileSync(resolve(ROOT, page), 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !existsSync(resolve(ROOT, join(dirname(page), target))))
      .map((target) => `${page}: ${target}`),
  )
  assert.deepEqual(broken, [])
})
