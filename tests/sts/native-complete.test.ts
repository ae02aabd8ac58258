/** The whole of `native-sts.json` is asked: the areas that the tests claim with `everyRecord` are all there are. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ROOT } from '../house/files.ts'
import { nativeRecords } from './native-records.ts'

const records = nativeRecords('native/')
const skip = records.length === 0 ? 'the recordings are not beside this checkout' : false

test('each record belongs to one claimed area', { skip }, () => {
  const sources = globSync('tests/{sts,federation}/native-*.test.ts', { cwd: ROOT })
    .filter((file) => !file.endsWith('native-complete.test.ts'))
    .map((file) => readFileSync(`${ROOT}/${file}`, 'utf8'))
  const claims = sources.flatMap((source) =>
    [...source.matchAll(/everyRecord\(\s*'(native\/[^']+\/)'/g)].map(([, prefix = '']) => prefix),
  )
  const claimed = ({ id }: { readonly id: string }) => claims.filter((prefix) => id.startsWith(prefix)).length
  assert.deepEqual(
    records.filter((record) => claimed(record) !== 1).map(({ id }) => id),
    [],
  )
})
