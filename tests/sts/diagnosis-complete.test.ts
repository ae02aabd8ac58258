/** Every diagnosis code about becoming a role has a test of a whole server that triggers it. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ROOT } from '../house/files.ts'

/** What is said where nothing more is known: by construction there is always more for these layers. */
const NEVER_ALONE = ['TRUST.NO_ALLOW', 'SESSION.NO_ALLOW']

test('each code of the page has its test', () => {
  const page = readFileSync(`${ROOT}/docs/diagnosis.md`, 'utf8')
  const codes = [...page.matchAll(/^### ((?:ASSUME|TRUST|SESSION|MFA|OIDC|SAML)\.[A-Z0-9_]+)$/gm)].map(
    ([, code = '']) => code,
  )
  const files = globSync('tests/{sts,federation,core,field-cases,clients}/**/*.test.ts', { cwd: ROOT })
  const sources = files
    .filter((file) => !file.endsWith('diagnosis-complete.test.ts'))
    .map((file) => readFileSync(`${ROOT}/${file}`, 'utf8'))
  const open = codes.filter((code) => !sources.some((source) => source.includes(`${code}'`)))
  assert.deepEqual(open, NEVER_ALONE)
})
