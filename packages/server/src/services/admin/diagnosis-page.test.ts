/** docs/diagnosis.md and the code name the same diagnosis codes. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'

const root = fileURLToPath(new URL('../../../../../', import.meta.url))
const LAYERS = ['SCP', 'RCP', 'VPCE', 'RESOURCE', 'TRUST', 'IDENTITY', 'BOUNDARY', 'SESSION']
/** Codes that are put together at run time, so no text of the code holds them whole. */
const COMPOSED = [
  ...LAYERS.flatMap((layer) => [`${layer}.NO_ALLOW`, `${layer}.EXPLICIT_DENY`]),
  'TRUST.EXTERNAL_ID_MISSING',
  'TRUST.EXTERNAL_ID_MISMATCH',
]
const FAMILIES =
  'ASSUME|TRUST|SESSION|AUTH|REQUEST|POLICY|RESOURCE|IDENTITY|SCP|RCP|BOUNDARY|VPCE|STORE|SERVER|COND|MFA|OIDC|SAML|PASSROLE|LINT|AUDIT|IMDS|PROFILE|DELEGATION'

test('every code has its section, and every section its code', () => {
  const page = readFileSync(`${root}docs/diagnosis.md`, 'utf8')
  const told = new Set([...page.matchAll(/^### ([A-Z0-9]+\.[A-Z0-9_]+)$/gm)].map(([, code]) => code))
  const files = globSync('packages/*/src/**/*.ts', { cwd: root }).filter((file) => !/\.(test|fixture)\.ts$/.test(file))
  const used = new Set(COMPOSED)
  for (const file of files)
    for (const [, code = ''] of readFileSync(root + file, 'utf8').matchAll(
      new RegExp(`(?<!startsWith\\()'((?:${FAMILIES})\\.[A-Z0-9_]+)'`, 'g'),
    ))
      used.add(code)
  assert.deepEqual(
    [...used].filter((code) => !told.has(code)),
    [],
    'write a section of docs/diagnosis.md for these',
  )
  assert.deepEqual(
    [...told].filter((code) => !used.has(code ?? '')),
    [],
    'nothing uses these sections of docs/diagnosis.md',
  )
})
