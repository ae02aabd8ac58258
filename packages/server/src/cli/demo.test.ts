/** The demo plays to its end, and every step goes as the story says. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const PROGRAM = fileURLToPath(new URL('../../bin/understudy.js', import.meta.url))

test('every step of the demo goes as told, and every refusal has a reason', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, 'demo', '--json'])
  const { steps } = JSON.parse(stdout) as {
    steps: readonly { text: string; asTold: boolean; reason: readonly string[]; answer: string }[]
  }
  assert.deepEqual(
    steps.filter((step) => !step.asTold),
    [],
  )
  const denials = steps.filter((step) => step.answer.startsWith('AccessDenied'))
  assert.ok(denials.length >= 7)
  for (const denial of denials) assert.match(denial.reason[0] ?? '', /^[A-Z]+\.[A-Z_]+/)
})
